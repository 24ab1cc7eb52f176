import { randomBytes } from "node:crypto";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, inject } from "vitest";
import { databaseUrl, onServer, randomName } from "../template";
import type { S3Access } from "./s3";

const kept = globalThis as typeof globalThis & { atollQueue?: unknown };

/** Ends what our modules keep on globalThis, which the files of one worker share. */
async function closeKept(): Promise<void> {
  if (kept.atollQueue) {
    const { stopQueue } = await import("@/lib/jobs/queue/queue");
    await stopQueue();
  }
  const { closeDb } = await import("@/lib/db");
  await closeDb();
}

/**
 * A database of this test file's own, migrated and empty; DATABASE_URL names it from then on, so call it before
 * anything of the app reads the environment: `await testDatabase()` at the top of the file. Dropped after the file.
 */
export async function testDatabase(): Promise<{ url: string }> {
  const { adminUrl, template } = inject("services");
  // Work that the file before left running may have opened that one's database again.
  await closeKept();
  const name = randomName("atoll_test");
  await onServer(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = databaseUrl(adminUrl, name);
  process.env.DATABASE_URL = url;
  process.env.NEXTAUTH_SECRET ??= randomBytes(32).toString("base64");
  process.env.ATOLL_URL ??= "http://localhost:3000";
  afterAll(async () => {
    await closeKept();
    await onServer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  return { url };
}

export type TestBucket = S3Access & { bucket: string; client: S3Client };

/**
 * A versioned bucket of this test file's own; S3_* and AWS_* of the environment name it from then on. Call it at the
 * top of the file as `testDatabase`. It goes away with the store at the end of the run.
 */
export async function testBucket(): Promise<TestBucket> {
  const { s3 } = inject("services");
  const bucket = `test-${randomBytes(8).toString("hex")}`;
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3,
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }));
  Object.assign(process.env, {
    S3_ENDPOINT: s3.endpoint,
    S3_REGION: s3.region,
    S3_BUCKET: bucket,
    S3_FORCE_PATH_STYLE: "true",
    // What the app does, it must be able to do with the permissions it has in production.
    AWS_ACCESS_KEY_ID: (s3.site ?? s3).accessKeyId,
    AWS_SECRET_ACCESS_KEY: (s3.site ?? s3).secretAccessKey,
  });
  delete process.env.S3_ROLE_ARN;
  if (s3.roleArn) process.env.S3_ROLE_ARN = s3.roleArn;
  delete process.env.S3_PUBLIC_ENDPOINT;
  delete process.env.AWS_SESSION_TOKEN;
  afterAll(() => client.destroy());
  return { ...s3, bucket, client };
}
