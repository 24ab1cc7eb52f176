import { createHash } from "node:crypto";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { GetObjectCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { mintSystemViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { uploadPolicy } from "@/lib/upload/policy";
import { reapUpload } from "@/lib/upload/verify/reap";
import type { UploaderState } from "@/lib/uploader/state/state";
import type { Uploader } from "@/lib/uploader/uploader";
import type { TestBucket } from "@/tests/support/services/services";

export type Sent = { path: string; file: File; md5: string; sha256: string };

/** A file of `size` bytes that repeats `block`. */
export function makeFile(path: string, size: number, block: Buffer): Sent {
  const bytes = Buffer.alloc(size, block);
  const name = path.split("/").at(-1) ?? "";
  const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
  return { path, file: new File([bytes], name, { lastModified: 1 }), md5: digest("md5"), sha256: digest("sha256") };
}

/** As a walk finds them. */
export async function* inBatches(files: readonly Sent[]) {
  for (let start = 0; start < files.length; start += 100) {
    const found = files.slice(start, start + 100).map(({ path, file }) => ({ path, source: { file } }));
    yield { files: found, system: 0, unreadable: [] };
  }
}

/** Resolves when the upload has ended or needs the person. */
export function settled(uploader: Uploader): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = uploader.subscribe(() => {
      const { phase, halted, counts } = uploader.getSnapshot();
      if (phase !== "done" && phase !== "aborted" && !halted && counts.failed === 0) return;
      unsubscribe();
      resolve();
    });
  });
}

/** Each file is one media with one revision, whose bytes are the file's; those of large ones are read back. */
export async function expectRecorded(bucket: TestBucket, slug: string, files: readonly Sent[]): Promise<void> {
  const media = await db().media.findMany({
    where: { collection: { slug } },
    select: { path: true, revisions: { select: { md5: true, sizeBytes: true, key: true, versionId: true } } },
  });
  expect(media).toHaveLength(files.length);
  const recorded = new Map(media.map(({ path, revisions }) => [path, revisions]));
  for (const { path, file, md5, sha256 } of files) {
    const revisions = recorded.get(path);
    expect(revisions, path).toMatchObject([{ sizeBytes: BigInt(file.size) }]);
    const { key: Key = "", versionId: VersionId = "", md5: recordedMd5 } = revisions?.[0] ?? {};
    if (file.size < uploadPolicy.multipartFromBytes) expect(recordedMd5, path).toBe(md5);
    else {
      const stored = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.bucket, Key, VersionId }));
      expect(await sha256Of(stored), path).toBe(sha256);
    }
  }
}

async function sha256Of({ Body }: GetObjectCommandOutput): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of Body as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest("hex");
}

/** Under the upload's prefix, when unpinned versions were removed: a version a file, and no multipart left unfinished. */
export async function expectNothingElse(
  bucket: TestBucket,
  { upload }: UploaderState,
  files: readonly Sent[],
): Promise<void> {
  const { id = "", prefix = "" } = upload ?? {};
  await reapUpload(mintSystemViewer("worker"), id);
  const keys: string[] = [];
  for await (const page of listObjectVersions(prefix)) keys.push(...page.map(({ key }) => key));
  expect(keys.sort()).toEqual(files.map(({ path }) => prefix + path).sort());
  const listed = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket: bucket.bucket, Prefix: prefix }));
  expect(listed.Uploads ?? []).toEqual([]);
}
