import { ListObjectVersionsCommand, PutBucketCorsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach } from "vitest";
import { createStorage } from "@/lib/storage/client";
import { createPostPolicy } from "@/lib/storage/presigned/post-policy";
import { hex } from "@/tests/support/checksums";
import { FaultProxy } from "@/tests/support/fault-proxy";
import { permitFor } from "@/tests/support/fixtures/permit";
import type { TestBucket } from "@/tests/support/services/services";

export const origin = "http://localhost:3000";
export const mib = 1024 * 1024;

export const md5 = (bytes: Uint8Array) => hex("md5", bytes);

/** A proxy before the bucket, for one test file, and ways to send through it. After each test it makes no trouble. */
export async function throughProxy({ bucket, client, endpoint, region, accessKeyId, secretAccessKey }: TestBucket) {
  const proxy = await FaultProxy.start({ target: endpoint });
  const credentials = { accessKeyId, secretAccessKey };
  const viaProxy = new S3Client({
    endpoint: proxy.endpoint,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  afterEach(() => {
    proxy.follow(null);
    proxy.latencyMs = 0;
  });
  afterAll(async () => {
    viaProxy.destroy();
    await proxy.stop();
  });
  const rule = { AllowedOrigins: [origin], AllowedMethods: ["PUT", "POST"], AllowedHeaders: ["*"] };
  const CORSRules = [{ ...rule, ExposeHeaders: ["ETag"], MaxAgeSeconds: 600 }];
  await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }));

  async function policyFor(prefix: string) {
    const publicEndpoint = proxy.endpoint;
    const store = createStorage({ bucket, region, endpoint, publicEndpoint, forcePathStyle: true, credentials });
    const policy = await createPostPolicy(
      permitFor(store),
      { prefix, minBytes: 1, maxBytes: 10 * mib, ttlSeconds: 900 },
      store,
    );
    store.close();
    return { ...policy, expiresAt: policy.expiresAt.toISOString() };
  }

  /** As the store itself says. */
  async function etagOf(key: string): Promise<string | undefined> {
    const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key }));
    return Versions?.find((version) => version.Key === key)?.ETag?.replaceAll('"', "");
  }

  const put = (key: string, body: Uint8Array) =>
    viaProxy.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));

  return { proxy, viaProxy, policyFor, etagOf, put };
}
