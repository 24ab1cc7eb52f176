import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStorage, type Storage } from "@/lib/storage/client";
import { deleteVersions } from "@/lib/storage/objects/deletion";
import { md5Of, refutesMd5 } from "@/lib/storage/objects/md5";
import { completeMultipart, createMultipart, presignParts } from "@/lib/storage/objects/multipart";
import { permitFor } from "@/tests/support/fixtures/permit";

describe("responses of the storage", () => {
  const answers: { status: number; body: string; headers?: Record<string, string> }[] = [];
  const server = createServer((request, response) => {
    const { status, body, headers } = answers.shift() ?? { status: 500, body: "" };
    const sent = { "content-type": "application/xml", ...headers };
    request.resume().on("end", () => response.writeHead(status, sent).end(body));
  });
  let store: Storage;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const where = { bucket: "b", region: "us-east-1", forcePathStyle: true, credentials };
    store = createStorage({
      ...where,
      endpoint: `http://127.0.0.1:${port}`,
      publicEndpoint: "https://media.example.org",
    });
  });
  afterAll(() => {
    store.close();
    server.close();
  });
  const multipart = { key: "k", s3UploadId: "u" };

  it("200 with an error in the body throws", async () => {
    const body = "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>";
    answers.push(...Array.from({ length: 3 }, () => ({ status: 200, body })));
    const whole = { ...multipart, sizeBytes: 1, parts: [{ number: 1, etag: "e" }] };
    await expect(completeMultipart(permitFor(store), whole, store)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("a rejection of the checksum headers: retries without them", async () => {
    answers.push({ status: 501, body: "<Error><Code>NotImplemented</Code></Error>" });
    answers.push({
      status: 200,
      body: "<InitiateMultipartUploadResult><UploadId>plain</UploadId></InitiateMultipartUploadResult>",
    });
    expect(await createMultipart(permitFor(store), { key: "k" }, store)).toBe("plain");
  });

  it("part URLs use the public endpoint", async () => {
    const { urls } = await presignParts(
      permitFor(store),
      { ...multipart, parts: [{ number: 7, sizeBytes: 1 }], ttlSeconds: 60 },
      store,
    );
    expect(urls[0]).toMatch(/^https:\/\/media\.example\.org\/b\/k\?.*&partNumber=7&uploadId=u&/);
  });

  it("a HEAD tells other bytes from an ETag that is no MD5, once per bucket", async () => {
    const etag = "0".repeat(32);
    const version = { key: "k", versionId: "v", sizeBytes: 1, etag, isLatest: true, lastModified: new Date() };
    expect(await refutesMd5(version, etag, store)).toBe(false);
    answers.push({ status: 200, body: "" });
    expect(await refutesMd5(version, "1".repeat(32), store)).toBe(true);
    expect(md5Of(etag, store)).toBe(etag);
    answers.push({ status: 200, body: "", headers: { "x-amz-server-side-encryption": "aws:kms" } });
    expect(await refutesMd5(version, "1".repeat(32), store)).toBe(false);
    expect(await refutesMd5(version, "2".repeat(32), store)).toBe(false);
    expect(md5Of(etag, store)).toBeNull();
    expect(answers).toEqual([]);
  });

  it("a partial failure of a delete throws", async () => {
    const body =
      "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>No</Message></Error></DeleteResult>";
    answers.push({ status: 200, body });
    const deleting = deleteVersions(permitFor(store), [{ key: "k", versionId: "v" }], store);
    await expect(deleting).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
