import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { refuseRequest } from "@/lib/cli/site/refusal";
import { listen } from "@/lib/cli/site/server";
import { closeServer } from "@/lib/embedded/server-close";

/** Lets a request come from another machine. */
const _comesFrom = (req: http.IncomingMessage, remoteAddress: string | undefined) =>
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
