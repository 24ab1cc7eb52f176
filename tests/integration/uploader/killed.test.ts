import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { partSizeOf, uploadPolicy } from "@/lib/upload/policy";
import { createUploader } from "@/lib/uploader/engine";
import { hashHere } from "@/lib/uploader/hash/hashing";
import { postByFetch } from "@/lib/uploader/transport/post-fetch";
import { putByFetch } from "@/lib/uploader/transport/put-fetch";
import { FaultProxy } from "@/tests/support/fault-proxy";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { CommandsSite } from "./commands-site";
import { expectNothingElse, expectRecorded, inBatches, makeFile, type Sent, settled } from "./sent-files";

await testDatabase();
const bucket = await testBucket();
const mib = 1024 * 1024;
let proxy: FaultProxy;
let owner: UserViewer;

beforeAll(async () => {
  proxy = await FaultProxy.start({ target: bucket.endpoint });
  process.env.S3_PUBLIC_ENDPOINT = proxy.endpoint;
  owner = await testUser("Owner");
});
afterAll(async () => {
  await stopQueue();
  await proxy.stop();
});

function uploaderTo(site: CommandsSite) {
  const transports = { transport: postByFetch, partTransport: putByFetch, hasher: hashHere };
  return createUploader({ server: site.port, ...transports, gatherMs: 0 });
}

/** What reached the storage beyond one time each file. */
function twice(prefix: string, files: readonly Sent[]): number {
  return proxy.tally.bytesUnder(prefix) - files.reduce((sum, { file }) => sum + file.size, 0);
}

/** Stopped when so many bytes were sent, as a browser that is killed stops: connections break without notice. */
async function killedAt(bytes: number, site: CommandsSite, files: readonly Sent[]): Promise<string> {
  const uploader = uploaderTo(site);
  await uploader.add(inBatches(files));
  const prefix = () => uploader.getSnapshot().upload?.prefix;
  await expect.poll(() => proxy.tally.bytesUnder(prefix() ?? "none"), { interval: 2 }).toBeGreaterThan(bytes);
  uploader.dispose();
  const { phase, upload } = uploader.getSnapshot();
  expect(phase, "it was stopped half-way").toBe("uploading");
  return upload?.id ?? "";
}

async function resumed(uploadId: string, site: CommandsSite, files: readonly Sent[]) {
  const uploader = uploaderTo(site);
  const end = settled(uploader);
  uploader.resume(uploadId);
  await uploader.add(inBatches(files));
  await end;
  await site.settled();
  const state = uploader.getSnapshot();
  uploader.dispose();
  return state;
}

async function killAndResume(files: readonly Sent[], killedAtBytes: number, inFlightBytes: number): Promise<void> {
  const slug = await testCollection(owner);
  const site = new CommandsSite(owner, slug, { seed: 1, share: 0 });
  const uploadId = await killedAt(killedAtBytes, site, files);
  const state = await resumed(uploadId, site, files);
  expect(state).toMatchObject({ phase: "done", halted: null, counts: { failed: 0 } });
  expect(state.upload?.id).toBe(uploadId);
  expect(state.status?.files).toMatchObject({ verified: files.length, rejected: 0 });
  expect(twice(state.upload?.prefix ?? "", files)).toBeLessThanOrEqual(inFlightBytes);
  await expectRecorded(bucket, slug, files);
  await expectNothingElse(bucket, state, files);
}

it("sends of a large file no more than the parts in flight again", async () => {
  const file = makeFile("film.mov", 150 * mib, createHash("sha512").update("film").digest());
  await killAndResume([file], 70 * mib, uploadPolicy.parallelPosts * partSizeOf(file.file.size));
});

it("sends of a thousand files no more than those in flight again", async () => {
  const size = 5_000;
  const files = Array.from({ length: 1_000 }, (_, index) =>
    makeFile(`reef/IMG_${index}.jpg`, size, createHash("sha512").update(`${index}`).digest()),
  );
  await killAndResume(files, 400 * size, uploadPolicy.parallelPosts * size);
});
