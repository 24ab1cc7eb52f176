import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { AppError, notFound } from "@/lib/errors";
import { bucketPermit } from "@/lib/owner/commands";
import { ownerMarginSeconds } from "@/lib/owner/policy";
import { ownerSince } from "@/lib/owner/queries";
import { originalsPrefix } from "@/lib/storage/keys";
import { abortMultipart, deleteVersions } from "@/lib/storage/objects/deletion";
import { type ListedVersion, listObjectVersions, versionsOf } from "@/lib/storage/objects/list";
import { type FolderPage, listFolders } from "@/lib/storage/objects/list-folders";
import { listMultiparts } from "@/lib/storage/objects/multipart";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { isStorable } from "@/lib/text/policy";
import { uploadPolicy } from "../policy";
import { selectPinned } from "../verify/rows";
import {
  deleteUnknown,
  type Entry,
  endWalk,
  insertUnknown,
  leaseWalk,
  type NamedUpload,
  postponeUnknown,
  retryUnknown,
  selectDue,
  selectKnownPrefixes,
} from "./rows";

/** Calls to the storage in one run. The next run resumes. */
const callsAtMost = 20;
const prefixesAtOnce = 20;

/**
 * Looks for objects under `media/` that belong to no upload of this database, and records their prefixes. Walks over the
 * uploads' folders, not over their files, some of them with each run, all of them once a day. Returns the number of prefixes
 * that were not recorded before; null when no walk is due. Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function findUnknownPrefixes(viewer: Viewer, maxCalls = callsAtMost): Promise<number | null> {
  if (viewer.kind !== "system") throw notFound("upload");
  let position = await leaseWalk();
  if (position === null) return null;
  let found = 0;
  try {
    let calls = 0;
    for await (const step of walkFrom(position)) {
      found += await recordUnknown(step);
      position = step.last;
      calls += 1;
      if (calls === maxCalls) return found;
    }
    position = "";
    return found;
  } finally {
    await endWalk(position);
  }
}

/** The folders of some uploads of a collection with the keys beside them, or a place that the walk has come to. */
type WalkStep = Pick<FolderPage, "folders" | "versions" | "last">;

/** `position` is the last folder or key that was looked at: `media/<collection>/<upload>/`, or above it. */
async function* walkFrom(position: string): AsyncGenerator<WalkStep> {
  const begun = /^media\/[^/]*\//.exec(position)?.[0];
  if (begun !== undefined && begun !== position) yield* uploadsIn(begun, position);
  for await (const { folders, versions, last } of listFolders(originalsPrefix, begun ?? position)) {
    // With the page's first step: a run may end within the page, and the next one resumes behind the keys before that folder.
    let beside = versions;
    for (const collection of folders) {
      for await (const step of uploadsIn(collection)) {
        yield { ...step, versions: [...beside, ...step.versions] };
        beside = [];
      }
    }
    yield { folders: [], versions: beside, last };
  }
}

/** The position `collection` stands for its end. A page of nothing but versions of its marker, which has that key, is held back. */
async function* uploadsIn(collection: string, after = ""): AsyncGenerator<WalkStep> {
  let held: FolderPage["versions"] = [];
  let isEmpty = true;
  for await (const page of listFolders(collection, after)) {
    const versions = [...held, ...page.versions];
    held = page.last === collection ? versions.slice(0, 1) : [];
    if (page.last === collection) continue;
    isEmpty = false;
    yield { ...page, versions };
  }
  if (isEmpty) yield { folders: [], versions: held, last: collection };
}

async function recordUnknown({ folders, versions }: WalkStep): Promise<number> {
  const named = folders.flatMap((prefix) => uploadOf(prefix) ?? []);
  const known = await selectKnownPrefixes(named);
  await deleteUnknown([...known]);
  const keys = new Set(versions.map(({ key }) => key));
  const unknown = [
    ...folders.filter((prefix) => !known.has(prefix)).map((prefix) => ({ prefix, isFolder: true })),
    ...[...keys].map((prefix) => ({ prefix, isFolder: false })),
  ];
  // PostgreSQL stores no other text.
  return insertUnknown(unknown.filter(({ prefix }) => isStorable(prefix)));
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const ofUpload = new RegExp(`^media/(${uuid})/(${uuid})/$`);

/** Returns the ids of an upload's prefix; null for a prefix that Atoll gives to no upload. */
function uploadOf(prefix: string): NamedUpload | null {
  const [, collectionId, uploadId] = ofUpload.exec(prefix) ?? [];
  return collectionId && uploadId ? { prefix, collectionId, uploadId } : null;
}

export type RemovedUnknown = { prefixes: number; versions: number; bytes: number };

/**
 * Removes objects and parts of folders and keys that have been known to belong to no upload for a generous time: a database that was
 * restored from an older dump knows none of the newer uploads. Keeps what is younger than that, what a revision pins, and what may be
 * older than this database's ownership of the bucket. Bounded by calls; the next run continues. What keeps something starts its time
 * again, and what fails is tried again a day later, so that neither holds up others. Throws AppError READ_ONLY at once; UNAVAILABLE, INTERNAL of the first entry that failed
 * after the others.
 */
export async function removeUnknownPrefixes(
  viewer: Viewer,
  now = new Date(),
  maxCalls = callsAtMost,
): Promise<RemovedUnknown> {
  if (viewer.kind !== "system") throw notFound("upload");
  const removed: RemovedUnknown = { prefixes: 0, versions: 0, bytes: 0 };
  const permit = await bucketPermit(viewer);
  const removable = { after: await ownedFrom(viewer), before: unknownBefore(now) };
  const due = await selectDue(prefixesAtOnce);
  const known = await selectKnownPrefixes(due.flatMap(({ prefix }) => uploadOf(prefix) ?? []));
  await deleteUnknown([...known]);
  const failures: unknown[] = [];
  let pagesLeft = maxCalls;
  for (const entry of due) {
    if (pagesLeft === 0) break;
    if (known.has(entry.prefix)) continue;
    const visit = await removePages(permit, entry, { removable, maxPages: pagesLeft }).catch(async (error: unknown) => {
      // Without the right to remove anything, all would fail.
      if (error instanceof AppError && error.code === "READ_ONLY") throw error;
      failures.push(error);
      await retryUnknown(entry.prefix);
      return null;
    });
    if (!visit) {
      pagesLeft -= 1;
      continue;
    }
    removed.versions += visit.versions;
    removed.bytes += visit.bytes;
    pagesLeft -= visit.pages;
    if (visit.isKept) await postponeUnknown(entry.prefix);
    else if (visit.isWhole) {
      await deleteUnknown([entry.prefix]);
      removed.prefixes += 1;
    }
  }
  if (failures.length > 0) throw failures[0];
  return removed;
}

/** Between these times: what was made after this database became the bucket's owner, and long ago. */
type Removable = { after: Date; before: Date };

async function ownedFrom(viewer: Viewer): Promise<Date> {
  return new Date((await ownerSince(viewer)).getTime() + ownerMarginSeconds * 1_000);
}

function unknownBefore(now: Date): Date {
  return new Date(now.getTime() - uploadPolicy.unknownPrefixSeconds * 1_000);
}

async function removePages(
  permit: BucketPermit,
  entry: Entry,
  { removable, maxPages }: { removable: Removable; maxPages: number },
) {
  const visit = { pages: 0, versions: 0, bytes: 0, isKept: false, isWhole: false };
  if (entry.isFolder) visit.isKept = !(await abortRemovable(permit, requireUploadFolder(entry.prefix), removable));
  for await (const page of versionsAt(entry)) {
    if (visit.pages === maxPages) return visit;
    visit.pages += 1;
    const old = await removableVersions(page, removable);
    await deleteVersions(permit, old);
    visit.isKept ||= old.length < page.length;
    visit.versions += old.length;
    visit.bytes += old.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
  return { ...visit, isWhole: true };
}

/** Aborts multiparts that may be removed. Returns whether these were all: parts may be on their way to the others. */
async function abortRemovable(permit: BucketPermit, prefix: string, removable: Removable): Promise<boolean> {
  let areAll = true;
  for await (const page of listMultiparts(prefix)) {
    for (const multipart of page) {
      if (isWithin(removable, multipart.startedAt)) await abortMultipart(permit, multipart);
      else areAll = false;
    }
  }
  return areAll;
}

function isWithin({ after, before }: Removable, madeAt: Date): boolean {
  return madeAt >= after && madeAt <= before;
}

/** Of a key its versions only: a listing by prefix has those of keys that begin alike, too. */
function versionsAt({ prefix, isFolder }: Entry): AsyncGenerator<ListedVersion[]> {
  return isFolder ? listObjectVersions(requireUploadFolder(prefix)) : versionsOf(prefix, [prefix]);
}

/** Throws for a folder above those of uploads: it would have the files of a whole collection, or of all. */
function requireUploadFolder(prefix: string): string {
  if (!/^media\/[^/]*\/[^/]*\/$/.test(prefix)) throw new Error("a folder to be removed is that of one upload");
  return prefix;
}

async function removableVersions(page: ListedVersion[], removable: Removable): Promise<ListedVersion[]> {
  const pinned = await selectPinned(page.filter(({ key }) => isStorable(key)));
  return page.filter(
    ({ key, versionId, lastModified }) => isWithin(removable, lastModified) && !pinned.has(`${versionId} ${key}`),
  );
}
