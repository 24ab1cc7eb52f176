import { randomBytes } from "node:crypto";
import http from "node:http";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { presign } from "@/lib/storage/sign";
import { FaultProxy } from "@/tests/support/fault-proxy";
import { postFile } from "@/tests/support/fixtures/collections";
import { testBucket } from "@/tests/support/services/services";
import { md5, mib, origin, throughProxy } from "./through-proxy";

const bucket = await testBucket();
const { proxy, viaProxy, policyFor, etagOf, put } = await throughProxy(bucket);

describe("without a plan", () => {
  it("passes signed requests of every kind, bytes and headers as they are", async () => {
    const body = randomBytes(3 * mib);
    await put("plain/a b+ü.bin", body);
    expect(await etagOf("plain/a b+ü.bin")).toBe(md5(body));
    const got = await viaProxy.send(new GetObjectCommand({ Bucket: bucket.bucket, Key: "plain/a b+ü.bin" }));
    expect(md5((await got.Body?.transformToByteArray()) ?? new Uint8Array())).toBe(md5(body));
    await expect(
      viaProxy.send(new HeadObjectCommand({ Bucket: bucket.bucket, Key: "plain/none" })),
    ).rejects.toMatchObject({ name: "NotFound" });
    expect(proxy.tally.bytesOf("plain/a b+ü.bin")).toBe(body.length);
  });

  it("passes forms and counts the bytes of their files, to the byte", async () => {
    const policy = await policyFor("forms/");
    for (const size of [1, 1_000, 300_000]) {
      const bytes = randomBytes(size);
      const response = await postFile(policy, `forms/ü ${size}`, bytes);
      expect(response.status).toBe(201);
      expect(await etagOf(`forms/ü ${size}`)).toBe(md5(bytes));
      expect(proxy.tally.bytesOf(`forms/ü ${size}`)).toBe(size);
    }
    expect(proxy.tally.bytesUnder("forms/")).toBe(301_001);
    expect(proxy.tally.keys("forms/")).toHaveLength(3);
  });

  it("passes preflights and the store's CORS headers", async () => {
    const url = `${proxy.endpoint}/${bucket.bucket}/x`;
    const asks = { origin, "access-control-request-method": "PUT" };
    const allowed = await fetch(url, { method: "OPTIONS", headers: asks });
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(origin);
    const refused = await fetch(url, { method: "OPTIONS", headers: { ...asks, origin: "http://evil.example" } });
    expect(refused.status).toBe(403);
  });

  it("counts the parts of a multipart upload one by one", async () => {
    const Key = "parts/large.bin";
    const at = { Bucket: bucket.bucket, Key };
    const { UploadId } = await viaProxy.send(new CreateMultipartUploadCommand(at));
    const Parts = [];
    for (const [PartNumber, size] of [
      [1, 5 * mib],
      [2, 1_000],
      [2, 1_000],
    ] as const) {
      const part = { ...at, UploadId, PartNumber, Body: Buffer.alloc(size) };
      const { ETag } = await viaProxy.send(new UploadPartCommand(part));
      Parts[PartNumber - 1] = { ETag, PartNumber };
    }
    await viaProxy.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    expect([...proxy.tally.partsOf(Key)]).toEqual([
      [1, 5 * mib],
      [2, 2_000],
    ]);
    expect(proxy.tally.requests).toMatchObject({ create: 1, part: 3, complete: 1 });
  });
});

describe("as a browser's proxy", () => {
  const ask = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const { port } = new URL(anywhere.endpoint);
      const headers = { host: new URL(path).host };
      const req = http.request({ hostname: "127.0.0.1", port, path, method: "PUT", headers }, (res) => {
        res.resume().once("end", () => resolve(res.statusCode ?? 0));
      });
      req.once("error", reject).end("text");
    });
  let anywhere: FaultProxy;
  beforeAll(async () => {
    anywhere = await FaultProxy.start({});
  });
  afterAll(() => anywhere.stop());

  it("goes to the origin that the request names, on this machine alone, with URLs signed for that origin", async () => {
    const { accessKeyId, secretAccessKey, endpoint, region } = bucket;
    const identity = { accessKeyId, secretAccessKey, region, endpoint, bucket: bucket.bucket, forcePathStyle: true };
    const url = presign(identity, { method: "PUT", key: "proxied/a", signedAt: new Date(), expiresInSeconds: 60 });
    expect(await ask(url)).toBe(200);
    expect(await etagOf("proxied/a")).toBe(md5(Buffer.from("text")));
    expect(anywhere.tally.bytesOf("proxied/a")).toBe(4);
    await expect(ask("http://192.0.2.1/bucket/key")).rejects.toThrow("socket hang up");
  });
});
