import type { UserViewer } from "@/lib/auth/viewer";
import { mintSystemViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { bucketPermit } from "@/lib/owner/commands";
import { completeMultipart, createMultipart, listParts, presignParts } from "@/lib/storage/objects/multipart";
import { openUpload } from "@/lib/upload/commands";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { postFile, testCollection, testUser } from "@/tests/support/fixtures/collections";
import type { NamedPicture } from "@/tests/support/pictures";

export const worker = mintSystemViewer("worker");

let owner: UserViewer | undefined;

/** The collection of each person's drops. */
const slugs = new Map<string, Promise<string>>();

/** Uploads files as a browser does and seals, without sending a job: as if the site had crashed. */
export async function dropUnsent(files: NamedPicture[], by?: UserViewer): Promise<string> {
  owner ??= await testUser("Owner");
  const person = by ?? owner;
  const slug = slugs.get(person.userId) ?? testCollection(person);
  if (by) slugs.set(person.userId, slug);
  const upload = await openUpload(person, { collectionSlug: await slug });
  for (const { path, bytes } of files) {
    const { status } = await postFile(upload.policy, upload.prefix + path, new Uint8Array(bytes));
    if (status >= 300) throw new Error(`posting ${path} gave ${status}`);
  }
  await db().upload.update({ where: { id: upload.id }, data: { state: "sealed", sealedAt: new Date() } });
  return upload.id;
}

/** Creates a verified file that is pending. */
export async function pendingRevision(bytes: Buffer, path = "a.jpg"): Promise<string> {
  const ids: string[] = [];
  await verifyUpload(worker, await dropUnsent([{ path, bytes }]), async (page) => {
    ids.push(...page.map(({ id }) => id));
  });
  const [id] = ids;
  if (id === undefined) throw new Error("the file was not verified");
  return id;
}

/** Creates a verified file that was sent in parts, and is pending. */
export async function pendingInParts(parts: Buffer[]): Promise<string> {
  owner ??= await testUser("Owner");
  const upload = await openUpload(owner, { collectionSlug: await testCollection(owner) });
  const permit = await bucketPermit(worker);
  const multipart = { key: `${upload.prefix}film.mov` };
  const s3UploadId = await createMultipart(permit, multipart);
  const requested = parts.map(({ length }, index) => ({ number: index + 1, sizeBytes: length }));
  const { urls } = await presignParts(permit, { ...multipart, s3UploadId, parts: requested, ttlSeconds: 60 });
  for (const [index, part] of parts.entries())
    await fetch(urls[index] ?? "", { method: "PUT", body: new Uint8Array(part) });
  const stored = (await listParts({ ...multipart, s3UploadId })) ?? [];
  const sizeBytes = Buffer.concat(parts).length;
  const { state } = await completeMultipart(permit, { ...multipart, s3UploadId, parts: stored, sizeBytes });
  if (state !== "done") throw new Error(`completing gave ${state}`);
  await db().upload.update({ where: { id: upload.id }, data: { state: "sealed", sealedAt: new Date() } });
  const ids: string[] = [];
  await verifyUpload(worker, upload.id, async (page) => void ids.push(...page.map(({ id }) => id)));
  return ids[0] ?? "";
}

export function revisionById(id: string) {
  return db().revision.findUniqueOrThrow({ where: { id } });
}

/** Returns the states of an upload's revisions by path. */
export async function statesOf(uploadId: string): Promise<Record<string, string>> {
  const revisions = await db().revision.findMany({
    where: { uploadId },
    select: { state: true, media: { select: { path: true } } },
  });
  return Object.fromEntries(revisions.map(({ state, media }) => [media.path, state]));
}
