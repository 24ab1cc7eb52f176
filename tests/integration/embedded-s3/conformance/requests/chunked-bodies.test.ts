import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { filesBelow, raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { type ChunkedUpload, putSignedChunks, signedRaw, signRequest } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const pieces = ["a".repeat(65_536), "b".repeat(1024), "c"];
const whole = pieces.join("");
const sha256 = { name: "x-amz-checksum-sha256", value: createHash("sha256").update(whole).digest("base64") };
const upload = (key: string, change: Partial<ChunkedUpload> = {}) =>
  putSignedChunks(media.url(key), { pieces, ...change });

/** The body in chunks without signatures, its checksum behind it. */
function putUnsignedChunks(key: string, trailer: string, declared: string = sha256.name) {
  const url = media.url(key);
  const { headers } = signRequest({
    method: "PUT",
    url,
    payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    headers: { "x-amz-decoded-content-length": String(whole.length), "x-amz-trailer": declared },
  });
  const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
  return raw("PUT", url, { headers, body: `${chunks}0\r\n${trailer}\r\n` });
}

async function expectNothing(key: string): Promise<void> {
  expect(await refusal(media.get(key))).toBe("404 NoSuchKey");
  expect(await filesBelow(store.dataDir, "tmp")).toEqual([]);
}

describe("an aws-chunked body", () => {
  it("with a signature on each chunk is stored without its framing", async () => {
    expect((await upload("signed")).status).toBe(200);
    expect(await media.text("signed")).toBe(whole);
    expect((await media.head("signed")).ContentEncoding).toBeUndefined();
  });

  it("with a signed trailer is held to the checksum in it", async () => {
    expect(await upload("trailer", { trailer: sha256 })).toMatchObject({
      status: 200,
      headers: { [sha256.name]: sha256.value },
    });
    expect(await media.text("trailer")).toBe(whole);
    expect(await media.head("trailer", { ChecksumMode: "ENABLED" })).toMatchObject({ ChecksumSHA256: sha256.value });
  });

  it("without signatures is held to the checksum in its trailer", async () => {
    expect((await putUnsignedChunks("unsigned", `${sha256.name}:${sha256.value}\r\n`)).status).toBe(200);
    expect(await media.text("unsigned")).toBe(whole);
  });

  it("keeps the other encodings it was sent with", async () => {
    await upload("gzipped", { headers: { "content-encoding": "aws-chunked,gzip" } });
    expect((await media.head("gzipped")).ContentEncoding).toBe("gzip");
  });
});

describe("an aws-chunked body is refused and leaves nothing", () => {
  const at = (body: Buffer, change: (text: string) => string) => Buffer.from(change(body.toString("latin1")), "latin1");
  const zero = (hex: string) => hex.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  const other = { ...sha256, value: createHash("sha256").update("other").digest("base64") };

  it.each<[string, Partial<ChunkedUpload>, number, string]>([
    [
      "with a changed byte in a chunk",
      { tamper: (body) => at(body, (text) => text.replace("bb", "bc")) },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "with a changed signature of a chunk",
      { tamper: (body) => at(body, (text) => text.replace(/signature=[0-9a-f]{64}/, zero)) },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "with a changed signature of the last, empty chunk",
      { tamper: (body) => at(body, (text) => text.replace(/\n0;chunk-signature=[0-9a-f]{64}/, zero)) },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "with two chunks exchanged",
      {
        pieces: ["x".repeat(100), "y".repeat(100)],
        tamper: (body) =>
          at(body, (text) => text.replace(/^(64;[\s\S]*?\r\n[\s\S]*?\r\n)(64;[\s\S]*?\r\n[\s\S]*?\r\n)/, "$2$1")),
      },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "with its last chunk missing",
      { tamper: (body) => body.subarray(0, body.lastIndexOf("0;chunk")) },
      400,
      "IncompleteBody",
    ],
    ["with more than it declared", { decodedLength: whole.length - 1 }, 400, "IncompleteBody"],
    ["with less than it declared", { decodedLength: whole.length + 1 }, 400, "IncompleteBody"],
    ["with bytes behind its end", { tamper: (body) => Buffer.concat([body, Buffer.from("x")]) }, 400, "InvalidRequest"],
    ["with another checksum in a signed trailer", { trailer: other }, 400, "BadDigest"],
    [
      "with a trailer without its signature",
      { trailer: sha256, tamper: (body) => at(body, (text) => text.replace(/x-amz-trailer-signature:.*\r\n/, "")) },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "with a trailer behind the signature of trailers",
      { trailer: sha256, tamper: (body) => at(body, (text) => text.replace(/\r\n\r\n$/, "\r\nx-more:1\r\n\r\n")) },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "with a checksum in its trailer that was not signed",
      {
        trailer: other,
        tamper: (body) => at(body, (text) => text.replace(other.value, sha256.value)),
      },
      403,
      "SignatureDoesNotMatch",
    ],
  ])("%s", async (_, change, status, code) => {
    expect(await upload("refused", change)).toMatchObject({ status, code });
    await expectNothing("refused");
  });

  it.each([
    ["with another checksum", `${other.name}:${other.value}\r\n`, "BadDigest"],
    ["without the declared checksum", "", "InvalidRequest"],
    [
      "with a trailer given twice",
      `${sha256.name}:${sha256.value}\r\nx-amz-trailer-signature:a\r\nx-amz-trailer-signature:b\r\n`,
      "InvalidRequest",
    ],
    ["with another trailer than declared", "x-amz-checksum-crc32:AAAAAA==\r\n", "InvalidRequest"],
  ])("without signatures, %s", async (_, trailer, code) => {
    expect(await putUnsignedChunks("refused", trailer)).toMatchObject({ status: 400, code });
    await expectNothing("refused");
  });

  it("when the store does not know the declared framing", async () => {
    const url = media.url("refused");
    const payloadHash = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD";
    const { headers } = signRequest({ method: "PUT", url, payloadHash });
    expect(await raw("PUT", url, { headers, body: "x" })).toMatchObject({ status: 501, code: "NotImplemented" });
    await expectNothing("refused");
  });

  it.each(["constructor", "__proto__"])("when its hash is the word %s", async (payloadHash) => {
    const headers = { "x-amz-decoded-content-length": "1" };
    const answer = await signedRaw("PUT", media.url("refused"), { payloadHash, headers, body: "1\r\nx\r\n0\r\n\r\n" });
    expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
    await expectNothing("refused");
  });

  it("as soon as it is longer than it was declared", async () => {
    const url = media.url("refused");
    const payloadHash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    const { headers } = signRequest({
      method: "PUT",
      url,
      payloadHash,
      headers: { "x-amz-decoded-content-length": "9" },
    });
    const request = httpRequest(url, { method: "PUT", headers: { ...headers, "content-length": "5000000000" } });
    request.write(`1000\r\n${"x".repeat(0x1000)}\r\n`); // the rest never comes
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    request.destroy();
    expect(answer.statusCode).toBe(400);
    await expectNothing("refused");
  });

  it("when it was not signed at all", async () => {
    const headers = {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "0",
    };
    expect(await raw("PUT", media.url("refused"), { headers, body: "0\r\n\r\n" })).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    await expectNothing("refused");
  });
});
