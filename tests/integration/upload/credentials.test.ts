import {
  CreateMultipartUploadCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { GET as getContainer } from "@/app/api/v1/uploads/[id]/credentials/aws/route";
import { POST as postCredentials } from "@/app/api/v1/uploads/[id]/credentials/route";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { createStorage } from "@/lib/storage/client";
import { createTokenFor } from "@/lib/token/commands";
import { abortUpload, openUpload, renewPolicy, sealUpload } from "@/lib/upload/commands";
import { grantCredentials } from "@/lib/upload/credentials/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { uploadsToMeasure } from "@/lib/upload/queries";
import { measureUpload } from "@/lib/upload/verify/measure";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const { bucket, client } = await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let slug: string;
let token: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  token = (await createTokenFor(system, owner, { name: "CI", scopes: ["upload"] })).token;
});

type Handler = typeof postCredentials;
async function ask(handler: Handler, id: string, body?: object, authorization = `Bearer ${token}`) {
  const request = new Request(`${env().ATOLL_URL}/api/v1/uploads/${id}/credentials`, {
    method: body ? "POST" : "GET",
    headers: { authorization, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const response = await handler(request, { params: Promise.resolve({ id }) });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

it("lets a program with a token send with any S3 client, and its files become media", async () => {
  const upload = await openUpload(owner, { collectionSlug: slug });
  const { status, body, headers } = await ask(postCredentials, upload.id, { durationSeconds: 900 });
  expect(status).toBe(200);
  expect(headers.get("cache-control")).toBe("private, no-store");
  expect(body).toMatchObject({ bucket, prefix: upload.prefix, region: "us-east-1", forcePathStyle: true });
  const { expiration, prefix, ...config } = body;
  expect(Date.parse(expiration)).toBeLessThanOrEqual(Date.now() + 900_000);
  const { accessKeyId, secretAccessKey, sessionToken, ...place } = config;
  const storage = createStorage({ ...place, credentials: { accessKeyId, secretAccessKey, sessionToken } });
  await storage.client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}site 3/reef.txt`, Body: "coral" }));
  storage.close();
  await verified(owner, upload);
  const media = await db().media.findMany({ where: { collection: { slug } }, select: { path: true } });
  expect(media).toEqual([{ path: "site 3/reef.txt" }]);
  const event = await db().event.findFirstOrThrow({ where: { action: "upload.credentialsGranted" } });
  expect(event).toMatchObject({ subjectId: upload.id, tokenName: "CI", detail: { durationSeconds: 900 } });
  expect(JSON.stringify(event.detail)).not.toContain(secretAccessKey);
});

it("answers in the shape of a container's credentials, for an hour, to the bare token as well", async () => {
  const upload = await openUpload(owner, { collectionSlug: slug });
  for (const authorization of [token, `Bearer ${token}`, `bearer ${token}`]) {
    const { status, body } = await ask(getContainer, upload.id, undefined, authorization);
    expect(status).toBe(200);
    expect(Object.keys(body).toSorted()).toEqual(["AccessKeyId", "Expiration", "SecretAccessKey", "Token"]);
    expect(Date.parse(body.Expiration) - Date.now()).toBeGreaterThan(3_500_000);
  }
});

it.each([899, 3_601, 1.5, "900"])("of %j seconds are refused", async (durationSeconds) => {
  const upload = await openUpload(owner, { collectionSlug: slug });
  const { status, body } = await ask(postCredentials, upload.id, { durationSeconds });
  expect([status, body.errors[0].path]).toEqual([422, "durationSeconds"]);
  await abortUpload(owner, upload.id);
});

it("are given for one's own open upload only", async () => {
  const stranger = await testUser("Stranger");
  const theirs = (await createTokenFor(system, stranger, { name: "CI", scopes: ["upload"] })).token;
  const upload = await openUpload(owner, { collectionSlug: slug });
  expect((await ask(postCredentials, upload.id, {}, `Bearer ${theirs}`)).status).toBe(404);
  await sealUpload(owner, upload.id);
  expect((await ask(postCredentials, upload.id, {})).status).toBe(409);
});

it("keep their upload among those that are measured until they expire, whatever is granted after them", async () => {
  const upload = await openUpload(owner, { collectionSlug: slug });
  await ask(postCredentials, upload.id, { durationSeconds: 3_600 });
  await renewPolicy(owner, upload.id);
  await ask(postCredentials, upload.id, { durationSeconds: 900 });
  const { credentialsUntil } = await db().upload.findUniqueOrThrow({ where: { id: upload.id } });
  expect(credentialsUntil?.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
  await db().user.update({ where: { id: owner.userId }, data: { quotaBytes: 1_000_000_000n } });
  await db().upload.updateMany({ where: { id: upload.id }, data: { measuredAt: new Date() } });
  const inTenMinutes = new Date(Date.now() + 10 * 60_000);
  expect(await uploadsToMeasure(system, 100, inTenMinutes)).toContain(upload.id);
  const justBeforeTheEnd = new Date(Date.now() + 3_500_000);
  expect(await uploadsToMeasure(system, 100, justBeforeTheEnd)).toContain(upload.id);
  await db().user.update({ where: { id: owner.userId }, data: { quotaBytes: null } });
});

it("end no upload that holds too much before they expire, so that its person can open no other meanwhile", async () => {
  const person = await testUser("Full");
  const own = await testCollection(person);
  await db().user.update({ where: { id: person.userId }, data: { quotaBytes: 10n } });
  const upload = await openUpload(person, { collectionSlug: own });
  await grantCredentials(person, upload.id);
  await post(upload, "large.txt", "more than ten bytes");
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000);
  expect(await measureUpload(system, upload.id)).toMatchObject({ state: "over" });
  expect(await measureUpload(system, upload.id, at(50))).toMatchObject({ state: "over" });
  await expect(openUpload(person, { collectionSlug: own })).rejects.toMatchObject({ code: "TOO_LARGE" });
  await expect(grantCredentials(person, upload.id)).rejects.toMatchObject({ code: "TOO_LARGE" });
  expect(await measureUpload(system, upload.id, at(70))).toMatchObject({ state: "ended" });
});

it("send multiparts of registered files by themselves, which count and are not aborted", async () => {
  const person = await testUser("Rclone");
  const own = await testCollection(person);
  await db().user.update({ where: { id: person.userId }, data: { quotaBytes: 1_000_000_000n } });
  const upload = await openUpload(person, { collectionSlug: own });
  await registerFiles(person, upload.id, [{ path: "small.bin", size: 4 }]);
  await grantCredentials(person, upload.id);
  const target = { Bucket: bucket, Key: `${upload.prefix}small.bin` };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: "part" }));
  expect(await measureUpload(system, upload.id)).toMatchObject({ removed: 0, state: "within" });
  const { Parts } = await client.send(new ListPartsCommand({ ...target, UploadId }));
  expect(Parts).toHaveLength(1);
});
