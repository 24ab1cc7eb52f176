import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { maxBodyBytes, watchBody } from "@/lib/cli/site/body";
import { databaseProbe } from "@/lib/cli/site/database-probe";
import { bucketOrigin, contentSecurityPolicy, fixedHeaders } from "@/lib/cli/site/headers";
import { openRequestLog, type RequestLog } from "@/lib/cli/site/request-log";
import { acceptUpgrades, listen } from "@/lib/cli/site/server";
import { refuseForeignUpgrade } from "@/lib/cli/site/this-machine";
import { answerUnavailable, isPage } from "@/lib/cli/site/unavailable-page";
import { closeServer } from "@/lib/embedded/server-close";
import { parseStartEnv } from "@/lib/env";
import { until } from "@/tests/support/until";

const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-site-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Lets a request come from another machine. */
const comesFrom = (req: http.IncomingMessage, remoteAddress: string | undefined) =>
  Object.defineProperty(req.socket, "remoteAddress", { value: remoteAddress, configurable: true });

describe("request log and body limit", () => {
  const file = path.join(dir, "requests.ndjson");
  let server: http.Server;
  let log: RequestLog;
  let received: number;

  beforeEach(async () => {
    rmSync(file, { force: true });
    log = openRequestLog(file);
    received = 0;
    server = http.createServer(async (req, res) => {
      const body = watchBody(req, res);
      log.watch(req, res, body.bytesIn);
      if (body.isRefused) return;
      try {
        for await (const chunk of req) received += (chunk as Buffer).length;
      } catch {
        return; // Rejected while reading: the response was sent.
      }
      res.writeHead(201);
      res.write("twelve ");
      res.end("bytes");
    });
    await listen(server, 0);
  });
  afterEach(async () => {
    await closeServer(server, 8_000);
    await log.close();
  });

  const url = (rest: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${rest}`;
  const lines = async () => {
    await log.close();
    return readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  };

  test("a log line has the bytes in and out, without the query", async () => {
    const response = await fetch(url("/c/reef?token=secret"), { method: "POST", body: "0123456789" });
    expect(await response.text()).toBe("twelve bytes");
    await until(async () => expect(readFileSync(file, "utf8")).toContain("\n"));
    const [line] = await lines();
    expect(line).toMatchObject({ method: "POST", path: "/c/reef", status: 201, bytesIn: 10, bytesOut: 12 });
    expect(Object.keys(line).sort()).toEqual([
      "bytesIn",
      "bytesOut",
      "durationMs",
      "level",
      "method",
      "path",
      "status",
      "time",
    ]);
    expect(JSON.stringify(line)).not.toContain("secret");
  });

  test("a body of exactly 1 MiB is accepted, one byte more gets 413", async () => {
    expect((await fetch(url("/"), { method: "POST", body: Buffer.alloc(maxBodyBytes) })).status).toBe(201);
    expect(received).toBe(maxBodyBytes);
    received = 0;
    const response = await fetch(url("/api/v1/urls"), { method: "POST", body: Buffer.alloc(maxBodyBytes + 1) });
    expect(response.status).toBe(413);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ status: 413, title: "Too large" });
    expect(received).toBe(0);
  });

  test("a body without Content-Length is rejected at the limit", async () => {
    const { port } = server.address() as AddressInfo;
    const socket = net.connect(port, "127.0.0.1");
    socket.on("error", () => undefined); // The server closes the connection while reading.
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536), Buffer.from("\r\n")]);
    for (let sent = 0; sent < 20; sent += 1) socket.write(chunk);
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(received).toBeLessThanOrEqual(maxBodyBytes);
    const [line] = await lines();
    expect(line.status).toBe(413);
    expect(line.bytesIn).toBeGreaterThan(maxBodyBytes);
  });

  test("a request closed by the client is logged as 499", async () => {
    const { port } = server.address() as AddressInfo;
    const socket = net.connect(port, "127.0.0.1");
    socket.write("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nfew");
    await until(() => expect(received).toBe(3));
    socket.destroy();
    await until(() => expect(readFileSync(file, "utf8")).toContain("\n"));
    expect((await lines())[0]).toMatchObject({ path: "/slow", status: 499, bytesIn: 3 });
  });
});

describe("security headers", () => {
  const directives = (env: Record<string, string>, dev = false) =>
    Object.fromEntries(
      contentSecurityPolicy(parseStartEnv(env), "n0nce", dev)
        .split("; ")
        .map((directive) => [directive.slice(0, directive.indexOf(" ")), directive.slice(directive.indexOf(" ") + 1)]),
    );

  test("media come from the bucket's origin alone, scripts only with the nonce", () => {
    const policy = directives({ S3_ENDPOINT: "http://10.0.0.1:9000", S3_PUBLIC_ENDPOINT: "https://s3.example.org" });
    expect(policy["img-src"]).toBe("'self' blob: data: https://s3.example.org");
    expect(policy["connect-src"]).toBe("'self' https://s3.example.org");
    expect(policy["media-src"]).toBe("'self' blob: https://s3.example.org");
    expect(policy["script-src"]).toBe("'self' 'nonce-n0nce' 'strict-dynamic' 'wasm-unsafe-eval'");
    expect(policy).toMatchObject({ "object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'" });
    expect(policy["form-action"]).toBe("'self'");
  });

  test("files may be sent to the bucket's other addresses, and to no other hosts", () => {
    const more = "https://photos.example.org, https://s3.example.org/photos,http://[::1]:9000/photos";
    const policy = directives({ S3_ENDPOINT: "https://s3.example.org", S3_UPLOAD_ENDPOINTS: more });
    expect(policy["connect-src"]).toBe("'self' https://s3.example.org https://photos.example.org http://[::1]:9000");
    expect(policy["img-src"]).toBe("'self' blob: data: https://s3.example.org");
  });

  test("only the dev server may eval", () => {
    expect(directives({}, true)["script-src"]).toContain("'unsafe-eval'");
    expect(directives({})["script-src"]).not.toContain("'unsafe");
  });

  test("AWS without an endpoint is the bucket's own host", () => {
    const site = parseStartEnv({ S3_REGION: "eu-central-1", S3_BUCKET: "photos" });
    expect(bucketOrigin(site)).toBe("https://photos.s3.eu-central-1.amazonaws.com");
  });

  test("HSTS where the site is reached by https, nowhere else", () => {
    const names = (url: string) => fixedHeaders(parseStartEnv({ ATOLL_URL: url })).map(([name]) => name);
    expect(names("https://example.org")).toContain("Strict-Transport-Security");
    expect(names("http://localhost:3000")).not.toContain("Strict-Transport-Security");
    expect(names("http://localhost:3000")).toEqual(
      expect.arrayContaining(["X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy"]),
    );
  });
});

describe("a request to upgrade", () => {
  const handshake = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const server = () => http.createServer((_req, res) => res.end("as ever"));
  const connect = (to: http.Server) => {
    const socket = net.connect((to.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    let text = "";
    socket.on("data", (data) => {
      text += data;
    });
    socket.write(handshake);
    return { closed: once(socket, "close"), text: () => text };
  };

  test("is handled as an ordinary request without an upgrade handler", async () => {
    const site = server();
    await listen(site, 0);
    const { text, closed } = connect(site);
    await until(() => expect(text()).toMatch(/^HTTP\/1\.1 200 [\s\S]*as ever/));
    await closeServer(site, 8_000);
    await closed;
  });

  test("of another machine is refused as its other requests are, before it is handled", async () => {
    const site = server();
    const handled: unknown[] = [];
    acceptUpgrades(
      site,
      async (req) => handled.push(req),
      (req, socket) => {
        comesFrom(req, "10.0.0.2");
        return refuseForeignUpgrade(req, socket, "loopback");
      },
    );
    await listen(site, 0);
    const { text, closed } = connect(site);
    await until(() => expect(text()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*nosniff[\s\S]*this machine only/));
    await closeServer(site, 8_000);
    await closed;
    expect(handled).toEqual([]);
  });

  test("is closed when it cannot be handled, and with the server", async () => {
    const site = server();
    const kept: unknown[] = [];
    acceptUpgrades(site, async (_req, socket) => {
      if (kept.push(socket) === 1) throw new Error("no such channel");
    });
    await listen(site, 0);
    await connect(site).closed;
    const { closed } = connect(site);
    await until(() => expect(kept).toHaveLength(2));
    await closeServer(site, 8_000);
    await closed;
  });
});

describe("without a database", () => {
  test("a hundred concurrent checks cost one query and return false", async () => {
    const probe = databaseProbe("postgresql://nobody@127.0.0.1:9/none");
    const answers = Array.from({ length: 100 }, () => probe.isUp());
    expect(new Set(answers).size).toBe(1);
    expect(await answers[0]).toBe(false);
    await probe.close();
  });

  test("a check is a second old at most, also when the clock is set back", async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance"] });
    const probe = databaseProbe("postgresql://nobody@127.0.0.1:9/none");
    try {
      const first = probe.isUp();
      vi.setSystemTime(Date.now() - 24 * 60 * 60 * 1_000);
      vi.advanceTimersByTime(1_000);
      expect(probe.isUp()).toBe(first);
      vi.advanceTimersByTime(1);
      expect(probe.isUp()).not.toBe(first);
    } finally {
      vi.useRealTimers();
      await probe.close();
    }
  });

  test("the page is self-contained and has Retry-After", async () => {
    const server = http.createServer((_req, res) => answerUnavailable(res));
    await listen(server, 0);
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    const page = await response.text();
    expect(page).toContain("cannot reach its database");
    expect(page).not.toMatch(/<script|src=|href=/);
    await closeServer(server, 8_000);
  });

  test.each([
    ["/", true],
    ["/c/reef?cursor=a.b", true],
    ["/api/health", false],
    ["/_next/static/chunks/main.js", false],
    ["/favicon.svg", false],
  ])("%s is a page: %s", (url, expected) => expect(isPage(url)).toBe(expected));
});
