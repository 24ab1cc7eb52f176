import { createHash, randomBytes, randomUUID } from "node:crypto";
import http from "node:http";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createStorage } from "@/lib/storage/client";
import { createPostPolicy } from "@/lib/storage/post-policy";
import { presign } from "@/lib/storage/sign";
import { postFile } from "@/tests/support/collections";
import { FaultProxy } from "@/tests/support/fault-proxy";
import { type FaultKind, Faults, faultKinds } from "@/tests/support/fault-proxy/faults";
import type { Subject } from "@/tests/support/fault-proxy/subject";
import { testBucket } from "@/tests/support/services";

const bucket = await testBucket();
const origin = "http://localhost:3000";
const mib = 1024 * 1024;
let proxy: FaultProxy;
let viaProxy: S3Client;

beforeAll(async () => {
  proxy = await FaultProxy.start({ target: bucket.endpoint });
  const { accessKeyId, secretAccessKey } = bucket;
  viaProxy = new S3Client({
    endpoint: proxy.endpoint,
    region: bucket.region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  const rule = { AllowedOrigins: [origin], AllowedMethods: ["PUT", "POST"], AllowedHeaders: ["*"] };
  const CORSRules = [{ ...rule, ExposeHeaders: ["ETag"], MaxAgeSeconds: 600 }];
  await bucket.client.send(new PutBucketCorsCommand({ Bucket: bucket.bucket, CORSConfiguration: { CORSRules } }));
});
afterEach(() => {
  proxy.follow(null);
  proxy.latencyMs = 0;
});
afterAll(async () => {
  viaProxy.destroy();
  await proxy.stop();
});

/** Everything of one kind, or a tenth of every kind. */
const always = (...kinds: FaultKind[]) => ({ seed: 1, share: 1, kinds });

async function policyFor(prefix: string) {
  const { accessKeyId, secretAccessKey, endpoint, region } = bucket;
  const store = createStorage({
    bucket: bucket.bucket,
    region,
    endpoint,
    publicEndpoint: proxy.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const policy = await createPostPolicy({ prefix, minBytes: 1, maxBytes: 10 * mib, ttlSeconds: 900 }, store);
  store.close();
  return { ...policy, expiresAt: policy.expiresAt.toISOString() };
}

async function etagOf(Key: string): Promise<string | undefined> {
  const { Versions } = await bucket.client.send(new ListObjectVersionsCommand({ Bucket: bucket.bucket, Prefix: Key }));
  return Versions?.find((version) => version.Key === Key)?.ETag?.replaceAll('"', "");
}

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const put = (Key: string, Body: Uint8Array) =>
  viaProxy.send(new PutObjectCommand({ Bucket: bucket.bucket, Key, Body }));

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

describe("each kind of trouble", () => {
  const answers = [
    { kind: "error500", status: 500, code: "InternalError" },
    { kind: "slowDown", status: 503, code: "SlowDown" },
    { kind: "expired", status: 403, code: "AccessDenied" },
  ] as const;
  for (const { kind, status, code } of answers) {
    it(`${kind} answers ${status} in S3's words, to other origins too, and the store hears nothing`, async () => {
      const key = `trouble/${kind}`;
      proxy.follow(always(kind));
      const url = `${proxy.endpoint}/${bucket.bucket}/${key}`;
      const response = await fetch(url, { method: "PUT", body: randomBytes(500_000), headers: { origin } });
      expect(response.status).toBe(status);
      expect(await response.text()).toContain(`<Code>${code}</Code>`);
      expect(response.headers.get("access-control-allow-origin")).toBe(origin);
      expect(proxy.tally.bytesOf(key)).toBe(0);
    });
  }

  it("slowDown names a time to wait in some of its answers", async () => {
    proxy.follow(always("slowDown"));
    const waits = [];
    for (let index = 0; index < 20; index += 1) {
      const response = await fetch(`${proxy.endpoint}/${bucket.bucket}/wait/${index}`, { method: "PUT", body: "x" });
      waits.push(response.headers.get("retry-after"));
    }
    expect(new Set(waits)).toEqual(new Set([null, "1"]));
  });

  it("error200 answers forms and completions so, and nothing else", async () => {
    proxy.follow(always("error200"));
    const response = await postFile(await policyFor("late/"), "late/a", "text");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("<Error>");
    expect(await etagOf("late/a")).toBeUndefined();
    await put("late/b", Buffer.from("text"));
    expect(await etagOf("late/b")).toBe(md5(Buffer.from("text")));
  });

  it("reset breaks the connection before the store hears of it", async () => {
    proxy.follow(always("reset"));
    await expect(put("trouble/reset", randomBytes(100_000))).rejects.toThrow();
    expect(await etagOf("trouble/reset")).toBeUndefined();
  });

  it("forwardedReset breaks it when the store has done its work", async () => {
    proxy.follow(always("forwardedReset"));
    const body = randomBytes(100_000);
    await expect(put("trouble/done", body)).rejects.toThrow();
    expect(await etagOf("trouble/done")).toBe(md5(body));
  });

  it("stall holds a request until the proxy lets go", async () => {
    proxy.follow(always("stall"));
    let isSettled = false;
    const sent = put("trouble/stall", randomBytes(5 * mib)).finally(() => {
      isSettled = true;
    });
    sent.catch(() => undefined);
    await expect.poll(() => proxy.tally.faults.stall).toBe(1);
    expect(isSettled).toBe(false);
    proxy.release();
    await expect(sent).rejects.toThrow();
    expect(await etagOf("trouble/stall")).toBeUndefined();
  });
});

describe("a plan", () => {
  /** Unsigned, so that whatever is passed on is a 403 of the store. */
  const ask = async () => (await fetch(`${proxy.endpoint}/${bucket.bucket}/plan`, { method: "PUT", body: "x" })).status;

  const subject = (index: number, id: string = randomUUID()): Subject => ({
    operation: "post",
    key: `media/${id}/${id}/IMG_${index}.jpg`,
    part: 0,
  });
  const kindsOf = (seed: number, order: readonly number[]) => {
    const faults = new Faults({ seed });
    const kinds: (FaultKind | null)[] = [];
    for (const index of order) kinds[index] = faults.next(subject(index))?.kind ?? null;
    return kinds;
  };

  it("hits a tenth of the requests, the same ones for the same seed in whatever order and under whatever ids", () => {
    const forwards = Array.from({ length: 5_000 }, (_, index) => index);
    const first = kindsOf(7, forwards);
    expect(kindsOf(7, forwards.toReversed())).toEqual(first);
    expect(kindsOf(8, forwards)).not.toEqual(first);
    const hit = first.filter((kind) => kind !== null);
    expect(hit.length).toBeGreaterThan(400);
    expect(hit.length).toBeLessThan(600);
    expect(new Set(hit)).toEqual(new Set(faultKinds));
  });

  it("decides anew for each try", async () => {
    proxy.follow({ seed: 3, share: 0.5, kinds: ["error500"] });
    const tries = [];
    for (let index = 0; index < 20; index += 1) tries.push(await ask());
    expect(new Set(tries)).toEqual(new Set([500, 403]));
  });

  it("spares preflights and what `applies` spares", async () => {
    proxy.follow({ ...always(...faultKinds), applies: ({ operation }) => operation === "complete" });
    expect(await ask()).toBe(403);
    proxy.follow(always("error500"));
    const asks = { origin, "access-control-request-method": "PUT" };
    expect((await fetch(`${proxy.endpoint}/${bucket.bucket}/x`, { method: "OPTIONS", headers: asks })).status).toBe(
      200,
    );
  });
});

describe("distance and outages", () => {
  it("adds a round trip to a request, and another one to a new connection", async () => {
    proxy.latencyMs = 100;
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const timed = () =>
      new Promise<number>((resolve, reject) => {
        const since = performance.now();
        const req = http.request(`${proxy.endpoint}/${bucket.bucket}/far`, { agent }, (res) => {
          res.resume().once("end", () => resolve(performance.now() - since));
        });
        req.once("error", reject).end();
      });
    expect(await timed()).toBeGreaterThanOrEqual(195);
    const second = await timed();
    agent.destroy();
    expect(second).toBeGreaterThanOrEqual(95);
    expect(second).toBeLessThan(190);
  });

  it("refuses connections while it is away, and comes back on its port", async () => {
    const { endpoint } = proxy;
    await proxy.goAway();
    await expect(put("away/a", Buffer.from("text"))).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await proxy.comeBack();
    expect(proxy.endpoint).toBe(endpoint);
    await put("away/a", Buffer.from("text"));
    expect(await etagOf("away/a")).toBe(md5(Buffer.from("text")));
  });
});
