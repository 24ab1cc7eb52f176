import { connect } from "node:net";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { raw } from "../../harness";
import { seed } from "../../seed";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media", { ObjectOwnership: "ObjectWriter" });

beforeAll(() => media.put("k", "x", { ACL: "public-read" }));

/** Sends bytes on a connection of their own and returns the answer's head. */
function wire(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(store.endpoint).port), "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (part) => {
      answer += part;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer.split("\r\n\r\n")[0] ?? ""));
    socket.write(Buffer.from(text, "latin1"));
  });
}
const request = (line: string, ...headers: string[]) =>
  wire([line, "Host: localhost", "Connection: close", ...headers, "", ""].join("\r\n"));
const statusOf = (head: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);

describe("a malformed target", () => {
  it.each([
    ["a percent sign alone", "/media/%"],
    ["bytes that are no UTF-8", "/media/%ff"],
    ["a lone surrogate in UTF-8", "/media/%ed%a0%80"],
    ["NUL in the key", "/media/%00"],
    ["bytes that are no UTF-8 in the query", "/media?prefix=%ff"],
    ["a parameter given twice", "/media?prefix=a&prefix=b"],
    ["a key without a bucket", "//k"],
    ["an empty bucket and key", "//"],
    ["no path", "*"],
    ["an absolute URL", "http://localhost/media/k"],
    ["an authority", "localhost:80"],
  ])("is refused with 400: %s", async (_, target) => {
    expect(statusOf(await request(`GET ${target} HTTP/1.1`))).toBe(400);
  });

  it.each([
    ["names of JavaScript's own", "/constructor?__proto__=1&toString"],
    ["control characters", "/%0d%0a/%1b"],
    ["a bucket with NUL", "/me%00dia/k"],
    ["dots", "/../media/../k"],
  ])("may name what is not there: %s", async (_, target) => {
    expect([403, 404]).toContain(statusOf(await request(`GET ${target} HTTP/1.1`)));
  });

  it("of any bytes and any method is never an error of the store", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "%",
        "%ff",
        "%00",
        "%2f",
        "%c3%a9",
        "..",
        "/",
        "?",
        "&",
        "=",
        "+",
        "acl",
        "media",
        "k",
        "uploadId",
      ),
      fc.constantFrom("versionId", "X-Amz-Signature", "X-Amz-Expires=-1", "delete", "list-type=2", "tagging", "policy"),
      fc.string({ unit: "binary-ascii", maxLength: 4 }).map((text) => text.replace(/[\0- \x7f]/g, "")),
    );
    const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`);
    const method = fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS");
    await fc.assert(
      fc.asyncProperty(method, target, async (verb, path) => {
        const head = await request(`${verb} ${path} HTTP/1.1`, "Content-Length: 0", "Origin: http://a.test");
        expect([200, 204, 400, 403, 404, 405, 411, 501]).toContain(statusOf(head));
        expect(head).toContain("x-content-type-options: nosniff");
      }),
      { seed, numRuns: 150 },
    );
  });
});

describe("an answer", () => {
  it("carries nosniff, whatever it is", async () => {
    const answers = await Promise.all([
      raw("GET", media.url("k")),
      raw("HEAD", media.url("k")),
      raw("GET", media.url("nothing")),
      raw("OPTIONS", media.url("k")),
      signedRaw("GET", `${store.endpoint}/`),
      raw("POST", `${store.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`),
      raw("GET", store.endpoint, { headers: { "x-long": "x".repeat(20_000) } }),
    ]);
    expect(answers.map(({ headers }) => headers["x-content-type-options"])).toEqual(answers.map(() => "nosniff"));
  });

  it("to what is no HTTP is 400 with an error document, and ends the connection", async () => {
    const head = await wire("BLAH\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 400 BadRequest\r\n/);
    expect(head).toContain("x-content-type-options: nosniff");
  });
});

describe("a method that S3 does not have", () => {
  it.each(["TRACE", "PATCH", "PROPFIND"])(
    "is refused with 405 before its signature is looked at: %s",
    async (method) => {
      const head = await request(
        `${method} /media/k HTTP/1.1`,
        "Authorization: AWS4-HMAC-SHA256 none",
        "X-Secret: echo",
      );
      expect(head).toMatch(/^HTTP\/1\.1 405 /);
      expect(head).toMatch(/allow: GET, HEAD, PUT, POST, DELETE, OPTIONS/);
      expect(head).not.toContain("echo");
    },
  );
});

describe("an expectation", () => {
  // As S3 does by Ceph's s3-tests (test_object_create_bad_expect_mismatch); RFC 9110, 10.1.1 leaves 417 to the server.
  it.each(["100-continue", "200-ok", "100-continue, x=1"])(
    "of %s does not keep a write from being done",
    async (expect_) => {
      const answer = await signedRaw("PUT", media.url("expected"), { body: expect_, headers: { expect: expect_ } });
      expect(answer.status).toBe(200);
      expect(await media.text("expected")).toBe(expect_);
    },
  );
});
