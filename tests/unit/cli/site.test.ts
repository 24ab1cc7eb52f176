import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { networkOf } from "@/lib/budget/policy";
import { maxBodyBytes, watchBody } from "@/lib/cli/site/body";
import { clientAddressBehind } from "@/lib/cli/site/client-address";
import { databaseProbe } from "@/lib/cli/site/database-probe";
import { setForwardedHost } from "@/lib/cli/site/forwarded-host";
import { bucketOrigin, contentSecurityPolicy, fixedHeaders } from "@/lib/cli/site/headers";
import { refuseRequest } from "@/lib/cli/site/refusal";
import { openRequestLog, type RequestLog } from "@/lib/cli/site/request-log";
import { selfCallMarker } from "@/lib/cli/site/self-call";
import { acceptUpgrades, listen } from "@/lib/cli/site/server";
import { refuseForeign, refuseForeignUpgrade } from "@/lib/cli/site/this-machine";
import { answerUnavailable, isPage } from "@/lib/cli/site/unavailable-page";
import { closeServer } from "@/lib/embedded/server-close";
import { parseStartEnv } from "@/lib/env";
import { until } from "@/tests/support/until";

const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-site-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Lets a request come from another machine. */
const comesFrom = (req: http.IncomingMessage, remoteAddress: string | undefined) =>
  Object.defineProperty(req.socket, "remoteAddress", { value: remoteAddress, configurable: true });

describe("requests that no handler may see", () => {
  let server: http.Server;
  let seen: string[];
  beforeEach(async () => {
    seen = [];
    server = http.createServer((req, res) => {
      if (refuseRequest(req, res)) return;
      seen.push(`${req.method} ${req.url}`);
      res.end();
    });
    await listen(server, 0);
  });
  afterEach(() => closeServer(server, 8_000));

  /** What the server answers to bytes that a client library would not send. */
  async function answerTo(text: string): Promise<string> {
    const socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.end(text);
    const chunks: Buffer[] = await socket.toArray();
    return Buffer.concat(chunks).toString();
  }
  const request = (method: string, target: string) =>
    answerTo(`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);

  test.each(["TRACE", "PROPFIND", "PURGE"])("%s is not allowed", async (method) => {
    const answer = await request(method, "/");
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    expect(answer).toMatch(/^Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r$/m);
    expect(seen).toEqual([]);
  });

  const malformed = ["%ff", "%", "%E0%A4%A", "%ED%A0%80", "a%00b", "%C0%AF"];
  test.each(malformed)("an address with %s is none: 404 in the API, the site's own page else", async (part) => {
    const answer = await request("GET", `/api/v1/media/${part}?x=1`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toMatch(/^Content-Type: application\/problem\+json\r$/m);
    expect(answer).toMatch(/^X-Content-Type-Options: nosniff\r$/m);
    expect(seen).toEqual([]);
    expect(await request("GET", `/c/${part}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen).toEqual(["GET /404"]);
  });

  test.each(["OPTIONS *", "GET *", "GET c/reef", "GET \\"])("%s is no address", async (line) => {
    const [method = "", target = ""] = line.split(" ");
    expect(await request(method, target)).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(seen).toEqual([]);
  });

  test.each(["/c/reef", "/c/%E6%B5%B7?x=%ff", "/api/health", "/"])("%s is passed on as it is", async (target) => {
    await request("GET", target);
    expect(seen).toEqual([`GET ${target}`]);
  });

  test.each([
    ["too many headers", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["no HTTP", "hello\r\n\r\n", 400],
  ])("%s: the answer has the security headers, too", async (_, text, status) => {
    const answer = await answerTo(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/^X-Content-Type-Options: nosniff\r$/m);
    expect(answer).toMatch(/^Connection: close\r$/m);
  });
});

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

describe("the client's address", () => {
  const mark = (hops: number, remoteAddress: string, forwarded?: string, networks: string[] = []) => {
    const headers: http.IncomingHttpHeaders = { "x-atoll-client-address": "203.0.113.66" };
    if (forwarded !== undefined) headers["x-forwarded-for"] = forwarded;
    const req = { headers, socket: { remoteAddress } } as http.IncomingMessage;
    clientAddressBehind({ hops, networks }).set(req);
    return headers["x-atoll-client-address"];
  };

  test.each([
    ["the peer's, whatever it claims", 0, "198.51.100.1", "203.0.113.1", "198.51.100.1"],
    ["the peer's on a socket of both kinds", 0, "::ffff:198.51.100.1", undefined, "198.51.100.1"],
    ["the peer's in one's own network", 0, "10.0.0.2", undefined, "10.0.0.2"],
    ["the peer's in one's own network, whatever it claims", 0, "10.0.0.2", "x", "10.0.0.2"],
    ["the undeclared proxy's: one for all its clients", 0, "127.0.0.1", "203.0.113.1", "127.0.0.1"],
    ["the undeclared proxy's, by IPv6", 0, "fd00::1", "203.0.113.1", "fd00::1"],
    ["what the one proxy saw, not what the client made up", 1, "10.0.0.2", "1.1.1.1, 203.0.113.1", "203.0.113.1"],
    ["what the outer of two saw", 2, "10.0.0.2", "1.1.1.1, 203.0.113.1, 10.0.0.3", "203.0.113.1"],
    ["without the port some proxies add", 1, "10.0.0.2", "203.0.113.1:4711", "203.0.113.1"],
    ["IPv6 without brackets", 1, "10.0.0.2", "[2001:DB8::1]:4711", "2001:db8::1"],
    ["IPv6 in one form, however it was written", 1, "10.0.0.2", "2001:0DB8:0:0:0:0:0:0001", "2001:db8::1"],
    ["IPv6 without its zone", 0, "fe80::1%eth0", undefined, "fe80::1"],
    ["IPv6 without its zone, in brackets", 1, "10.0.0.2", "[fe80::1%eth0]:80", "fe80::1"],
    ["IPv4 however it is mapped", 1, "10.0.0.2", "::FFFF:C633:6401", "198.51.100.1"],
    ["IPv4 however long it is mapped", 1, "10.0.0.2", "0:0:0:0:0:ffff:198.51.100.1", "198.51.100.1"],
    ["the peer's when the proxy was bypassed", 1, "198.51.100.1", "203.0.113.1", "198.51.100.1"],
    ["the peer's when the proxy was bypassed by IPv6", 1, "2001:db8::9", "203.0.113.1", "2001:db8::9"],
    ["the peer's when both proxies were bypassed", 2, "198.51.100.1", "203.0.113.1, 10.0.0.3", "198.51.100.1"],
    ["the peer's where the proxy wrote no address", 1, "10.0.0.2", "unknown", "10.0.0.2"],
    ["the peer's where the proxy wrote a number", 1, "10.0.0.2", "3405803777", "10.0.0.2"],
    ["the peer's where the proxy wrote nothing", 1, "10.0.0.2", undefined, "10.0.0.2"],
  ] as const)("is %s", (_, hops, peer, forwarded, expected) => {
    expect(mark(hops, peer, forwarded)).toBe(expected);
  });

  test("cannot be left out, chosen or varied by a client: every header counts as one network", () => {
    const claims = ["x", "", " , ", "::1", "203.0.113.9", "[::]", "10.0.0.1:99999", "%", "198.51.100.256", "\u0000"];
    for (const hops of [0, 1, 2]) {
      const seen = claims.map((claim) => mark(hops, "2001:db8:1:2::5", claim));
      expect(new Set(seen.map((address) => networkOf(address as string)))).toEqual(new Set(["2001:db8:1:2::/64"]));
    }
  });

  test("is what a proxy of a declared network saw, and the peer's of all others", () => {
    const networks = parseStartEnv({ ATOLL_PROXY_NETWORKS: "198.51.100.0/28, 2001:db8:64::7" }).ATOLL_PROXY_NETWORKS;
    expect(mark(1, "::ffff:198.51.100.15", "203.0.113.1", networks)).toBe("203.0.113.1");
    expect(mark(1, "2001:db8:64::7", "203.0.113.1", networks)).toBe("203.0.113.1");
    expect(mark(1, "10.0.0.2", "203.0.113.1", networks)).toBe("203.0.113.1");
    expect(mark(1, "198.51.100.16", "203.0.113.1", networks)).toBe("198.51.100.16");
    expect(mark(1, "2001:db8:64::8", "203.0.113.1", networks)).toBe("2001:db8:64::8");
    expect(mark(0, "198.51.100.1", "203.0.113.1", networks)).toBe("198.51.100.1");
  });

  test("is told to be the proxy's where one is not declared", () => {
    const told = (hops: number, remoteAddress: string, forwarded?: string) => {
      const headers = { "x-forwarded-for": forwarded };
      const req = { headers, socket: { remoteAddress } } as unknown as http.IncomingMessage;
      return clientAddressBehind({ hops, networks: ["192.0.2.1"] }).undeclaredProxy(req);
    };
    expect(told(0, "127.0.0.1", "203.0.113.1")).toMatch(/set ATOLL_PROXY_HOPS=1\.$/);
    expect(told(1, "127.0.0.1", "203.0.113.1")).toBeNull();
    expect(told(1, "192.0.2.1", "203.0.113.1")).toBeNull();
    expect(told(0, "127.0.0.1")).toBeNull();
    expect(told(0, "198.51.100.1", "203.0.113.1")).toBeNull();
    expect(told(1, "198.51.100.1")).toBeNull();
    expect(told(1, "198.51.100.1", "203.0.113.1")).toMatch(/ATOLL_PROXY_NETWORKS=198\.51\.100\.1$/);
  });
});

describe("a request of Next to its own server", () => {
  const request = (headers: http.IncomingHttpHeaders) => ({ headers }) as http.IncomingMessage;
  const claims = {
    "x-atoll-client-address": "203.0.113.66",
    "x-action-forwarded": "1",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "1",
  };

  test("is known by the headers of the request that it copies, and keeps the client's address", () => {
    const isSelfCall = selfCallMarker();
    const first = request({ origin: "https://photos.example.org", ...claims });
    expect(isSelfCall(first)).toBe(false);
    for (const name of Object.keys(claims)) expect(first.headers).not.toHaveProperty(name);
    const copy = { ...first.headers, "x-atoll-client-address": "203.0.113.1", "x-action-forwarded": "1" };
    const second = request({ ...copy, "x-forwarded-for": "127.0.0.1" });
    expect(isSelfCall(second)).toBe(true);
    expect(second.headers).toMatchObject(copy);
  });

  test("cannot be made up by a client, nor by another process", () => {
    const isSelfCall = selfCallMarker();
    const other = request({});
    selfCallMarker()(other);
    const secrets = [undefined, "", "x", ["x", "y"], other.headers["x-atoll-self-call"]];
    for (const secret of secrets) {
      const forged = request({ ...claims, "x-atoll-self-call": secret });
      expect(isSelfCall(forged), String(secret)).toBe(false);
      for (const name of Object.keys(claims)) expect(forged.headers).not.toHaveProperty(name);
    }
  });
});

describe("a site for this machine only", () => {
  test.each([
    ["127.0.0.1", false],
    ["127.8.9.10", false],
    ["::1", false],
    ["::ffff:127.0.0.1", false],
    ["::ffff:10.0.0.2", true],
    ["10.0.0.2", true],
    ["192.168.1.7", true],
    ["fd00::1", true],
    ["fe80::1%eth0", true],
    ["203.0.113.1", true],
    [undefined, true],
  ])("refuses a peer at %s: %s; one for all refuses none", async (remoteAddress, isRefused) => {
    const seen: unknown[] = [];
    const server = http.createServer((req, res) => {
      comesFrom(req, remoteAddress);
      if (refuseForeign(req, res, req.url === "/all" ? "all" : "loopback")) return;
      seen.push(req.url);
      res.end();
    });
    await listen(server, 0);
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sent = { method: "POST", body: "x" };
    const [refused, all] = [await fetch(`${base}/loopback`, sent), await fetch(`${base}/all`, sent)];
    expect([refused.status, all.status]).toEqual([isRefused ? 403 : 200, 200]);
    expect(seen).toEqual(isRefused ? ["/all"] : ["/loopback", "/all"]);
    if (isRefused) {
      expect(refused.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(refused.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await refused.text()).toMatch(/this machine only\.\n[\s\S]*ATOLL_URL [\s\S]*ATOLL_LISTEN=all/);
    }
    await closeServer(server, 8_000);
  });
});

describe("the host that Next compares an Origin with", () => {
  test.each([
    ["the Origin's, behind a proxy that rewrites Host", "https://photos.example.org", undefined, "photos.example.org"],
    ["the Origin's with its port, whatever was forged", "http://10.0.0.5:3000", "evil.example", "10.0.0.5:3000"],
    ["the Origin's of another site, which runAction refuses", "https://evil.example", undefined, "evil.example"],
    ["none without an Origin", undefined, "photos.example.org", undefined],
    ["none for a sandboxed page", "null", "null", undefined],
    ["none for two origins", "https://photos.example.org, https://evil.example", "evil.example", undefined],
  ])("is %s", (_, origin, forwarded, expected) => {
    const headers = { origin, "x-forwarded-host": forwarded, host: "10.0.0.2:3000" };
    setForwardedHost({ headers });
    expect(headers["x-forwarded-host"]).toBe(expected);
    // Next would answer 500 to an Origin that it cannot parse.
    if (expected === undefined) expect(headers.origin).toBeUndefined();
  });
});

describe("the network that budgets count by", () => {
  test.each([
    ["198.51.100.1", "198.51.100.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:0:2::6", "2001:db8:0:2::/64"],
    ["::2:3:4:5:6:7:8", "0:2:3:4::/64"],
    [undefined, "unknown"],
  ])("of %s is %s", (address, network) => expect(networkOf(address)).toBe(network));
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
