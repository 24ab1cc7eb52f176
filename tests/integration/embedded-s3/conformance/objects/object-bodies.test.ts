import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { filesBelow, raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const store = storeForFile();
const media = bucketIn(store, "media");
const md5 = (bytes: Buffer | string) => createHash("md5").update(bytes).digest("hex");

/** Both sides of the size from which bytes have a file of their own, and several reads and writes of the disk. */
const sizes = [0, 1, 4096, 32 * 1024, 32 * 1024 + 1, 700_001, 6_000_000];

describe("an object", () => {
  it.each(sizes)("of %d bytes comes back whole, its ETag their MD5", async (size) => {
    const body = randomBytes(size);
    const { ETag } = await media.put(`size/${size}`, body);
    expect(ETag).toBe(`"${md5(body)}"`);
    const answer = await media.get(`size/${size}`);
    expect(answer).toMatchObject({ ContentLength: size, ETag, AcceptRanges: "bytes" });
    expect(body.equals(Buffer.from((await answer.Body?.transformToByteArray()) ?? []))).toBe(true);
  });

  it.each(["WHEN_SUPPORTED", "WHEN_REQUIRED"] as const)(
    "streamed with a checksum %s comes back without its framing",
    async (requestChecksumCalculation) => {
      const body = randomBytes(700_001);
      const pieces = Array.from({ length: 11 }, (_, i) => body.subarray(i * 65_536, (i + 1) * 65_536));
      const client = store.client({ requestChecksumCalculation });
      const input = { Key: "streamed", Body: Readable.from(pieces), ContentLength: body.length };
      const { ETag } = await media.send(PutObjectCommand, input, client);
      client.destroy();
      expect(ETag).toBe(`"${md5(body)}"`);
      expect((await media.bytes("streamed")).equals(body)).toBe(true);
      expect((await media.head("streamed")).ContentEncoding).toBeUndefined();
    },
  );

  it("is one of hundreds written and read at once, each with its own bytes", async () => {
    const bodies = new Map(Array.from({ length: 200 }, (_, i) => [`many/${i}`, randomBytes(4096)]));
    const each = async (act: (key: string, body: Buffer) => Promise<unknown>) => {
      const waiting = [...bodies];
      const lane = async () => {
        for (let next = waiting.pop(); next; next = waiting.pop()) await act(...next);
      };
      await Promise.all(Array.from({ length: 32 }, lane));
    };
    await each((key, body) => media.put(key, body));
    await each(async (key, body) => expect(body.equals(await media.bytes(key))).toBe(true));
    expect(await media.keys("many/")).toHaveLength(bodies.size);
  });

  it("is replaced by the next, in whichever of the two places each is kept, and its file goes", async () => {
    const files = async () => (await filesBelow(store.dataDir, "blobs")).length;
    const before = await files();
    for (const size of [100, 100_000, 200_000, 50]) {
      await media.put("replaced", "x".repeat(size));
      expect(await media.text("replaced")).toBe("x".repeat(size));
    }
    await expect.poll(files).toBe(before);
  });

  it("has a HEAD with the headers of its GET and no body", async () => {
    await media.put("headed", "copyme", { ContentType: "text/plain" });
    const [get, head] = await Promise.all([
      raw("GET", await media.sign(GetObjectCommand, { Key: "headed" })),
      raw("HEAD", await media.sign(HeadObjectCommand, { Key: "headed" })),
    ]);
    const ownHeaders = ({ headers }: typeof get) => {
      const { date, "x-amz-request-id": _, "x-amz-id-2": __, ...rest } = headers;
      expect(date).toBeDefined();
      return rest;
    };
    expect(ownHeaders(head)).toEqual(ownHeaders(get));
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers).toMatchObject({
      "content-length": "6",
      "content-type": "text/plain",
      "accept-ranges": "bytes",
      etag: `"${md5("copyme")}"`,
    });
    expect(Date.parse(head.headers["last-modified"] ?? "")).toBeGreaterThan(Date.now() - 60_000);
  });

  it("that is not there is a 404, which HEAD says without a body", async () => {
    expect(await refusal(media.get("nothing"))).toBe("404 NoSuchKey");
    const head = await raw("HEAD", await media.sign(HeadObjectCommand, { Key: "nothing" }));
    expect(head).toMatchObject({ status: 404, text: "" });
  });
});
