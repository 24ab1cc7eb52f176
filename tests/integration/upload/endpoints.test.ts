import { afterAll, expect, it } from "vitest";
import { stopQueue } from "@/lib/jobs/queue";
import { headObject } from "@/lib/storage/objects";
import { openUpload, renewPolicy } from "@/lib/upload/commands";
import { postFile, testCollection, testUser } from "@/tests/support/collections";
import { testBucket, testDatabase } from "@/tests/support/services";

await testDatabase();
const bucket = await testBucket();
/** The same store under another name: a browser has six more connections to it. */
const other = `${bucket.endpoint.replace("127.0.0.1", "localhost")}/${bucket.bucket}`;
process.env.S3_UPLOAD_ENDPOINTS = other;
afterAll(() => stopQueue());

it("an upload's policy is good at every address of the bucket that the operator names", async () => {
  const owner = await testUser("Owner");
  const { id, policy, prefix } = await openUpload(owner, { collectionSlug: await testCollection(owner) });
  expect(policy.endpoints).toEqual([other]);
  expect(policy.url).not.toBe(other);
  expect((await postFile({ ...policy, url: other }, `${prefix}a.jpg`, "reef")).status).toBe(201);
  expect(await headObject({ key: `${prefix}a.jpg` })).toMatchObject({ sizeBytes: 4 });
  expect((await renewPolicy(owner, id)).endpoints).toEqual([other]);
});
