import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { lockName, longTransaction } from "@/lib/locks";
import { type Storage, storage } from "@/lib/storage/client";
import { ownerKey } from "@/lib/storage/keys";
import { deleteVersions } from "@/lib/storage/objects/deletion";
import { writeOwnerFile } from "@/lib/storage/owner-file";
import { mintPermit } from "@/lib/storage/permit/mint";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { newMark, type OwnerState, readOwner, whyNotOurs } from "./look";
import { lookSeconds, markSeconds, readOnlyMessage, type Standing } from "./policy";
import { confirmMark, isMarkDue, setFirstTimeline, startGeneration, startOwnership } from "./rows";
import type { OwnerFileContent } from "./schema";

/** The latest look of this process: its time on the monotonic clock, because a clock that is set back would keep it valid. */
let latest: { store: Storage; at: number; standing: Promise<Standing> } | undefined;

/**
 * Returns a permit to change the media bucket. Looks at the owner first, unless the last look is a few seconds old, and claims
 * a bucket that has no owner. Public: whether a viewer may make a change is decided where the change is. Throws AppError
 * READ_ONLY when this database does not own the bucket, UNAVAILABLE.
 */
export async function bucketPermit(_viewer: Viewer): Promise<BucketPermit> {
  const permit = mintPermit(storage().bucket, requireOwner);
  await permit.require();
  return permit;
}

async function requireOwner(): Promise<void> {
  const standing = await recentStanding();
  if (standing === "owner") return;
  throw new AppError("READ_ONLY", readOnlyMessage(standing));
}

/**
 * Returns how this database stands towards the bucket, by a look that is a few seconds old at most. Claims a bucket that has no
 * owner. Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function bucketStanding(viewer: Viewer): Promise<Standing> {
  if (viewer.kind !== "system") throw notFound("bucket");
  return recentStanding();
}

async function recentStanding(): Promise<Standing> {
  const store = storage();
  const isFresh = latest?.store === store && performance.now() - latest.at < lookSeconds * 1_000;
  if (latest && isFresh) return latest.standing;
  const look = { store, at: performance.now(), standing: lookAtOwner() };
  latest = look;
  // A failed look says nothing: the next call looks again.
  look.standing.catch(() => {
    if (latest === look) latest = undefined;
  });
  return look.standing;
}

async function lookAtOwner(): Promise<Standing> {
  // A drill reads and writes nothing there, also where this database owns the bucket.
  if (env().ATOLL_DRILL) return "drill";
  const state = await readOwner();
  if (state.standing === "unclaimed") return claim(state);
  if (state.standing === "owner") await noticeFailOver(state);
  return state.standing;
}

/** A replica that was promoted goes on as the owner. It may lack the last seconds, and so that uploads were verified in them. */
async function noticeFailOver({ row, timeline }: OwnerState): Promise<void> {
  if (timeline === null || timeline === row.timeline) return;
  if (row.timeline === null) await setFirstTimeline(timeline);
  else await db().$transaction((tx) => startOwnership(tx, timeline), longTransaction);
}

/** Writes the owner file. Of two databases that claim at once one is the owner, as the second's condition is false. */
async function claim({ row, place, timeline }: OwnerState): Promise<Standing> {
  const refusal = await whyNotOurs();
  if (refusal) return refusal;
  // Uploads that are older than the owner file: the database may be a dump, whose live site has yet to be updated and to look.
  await db().$transaction((tx) => startOwnership(tx, timeline), longTransaction);
  await writeOwnerFile(contentOf(row, place), null);
  // What counts is what the bucket shows now: storages that ignore conditions have let the last one win.
  const { standing } = await readOwner();
  if (standing === "owner") await confirmMark(db(), row.next_mark, newMark());
  return standing;
}

function contentOf({ installation_id, generation, next_mark }: OwnerState["row"], place: string): string {
  const content: OwnerFileContent = {
    installation: installation_id,
    generation,
    mark: next_mark,
    place,
    site: env().ATOLL_URL,
    writtenAt: new Date().toISOString(),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * Looks at the owner and, as the owner, shows the next mark in the bucket when the last one is a minute old: copies of this
 * database that were made before know neither. Idempotent, by several workers at once. Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function renewMark(viewer: Viewer): Promise<Standing> {
  if (viewer.kind !== "system") throw notFound("bucket");
  latest = undefined;
  const standing = await recentStanding();
  if (standing !== "owner") return standing;
  const replaced = await db().$transaction(async (tx) => {
    await lockName(tx, "bucket-owner");
    if (!(await isMarkDue(tx, markSeconds))) return null;
    const { standing: now, row, place, file, content } = await readOwner();
    if (now !== "owner") return null;
    // Shown already when an earlier run ended before it could record that.
    const isShown = content?.mark === row.next_mark;
    if (!isShown && !(await writeOwnerFile(contentOf(row, place), file))) return null;
    await confirmMark(tx, row.next_mark, newMark());
    return isShown ? null : file;
  }, longTransaction);
  const { versionId } = replaced ?? {};
  // In a versioned bucket every mark would leave a version for ever.
  if (versionId) await deleteVersions(await bucketPermit(viewer), [{ key: ownerKey, versionId }]);
  return standing;
}

export type TakeOver = {
  /** How this database stood before. "owner": there was nothing to do. */
  before: Standing;
  /** What the bucket said before. */
  owner: OwnerFileContent | null;
  generation: number;
  /** Uploads that are under way by this database's record. */
  openUploads: number;
  isDone: boolean;
};

/**
 * Makes this database the owner of the bucket and raises the generation, which stops the former owner at its next look.
 * `isDryRun`: changes nothing. Throws AppError CONFLICT when another take-over was faster or in a drill, UNAVAILABLE.
 */
export async function takeOver(viewer: Viewer, { isDryRun }: { isDryRun: boolean }): Promise<TakeOver> {
  if (viewer.kind !== "system") throw notFound("bucket");
  if (env().ATOLL_DRILL)
    throw new AppError("CONFLICT", "A drill (ATOLL_DRILL=1) takes over no bucket. Nothing was changed.");
  const { standing: before, row, timeline, content: owner, file } = await readOwner();
  const generation = before === "owner" ? row.generation : Math.max(row.generation, owner?.generation ?? 0) + 1;
  const openUploads = await db().upload.count({ where: { state: { in: ["open", "sealed"] } } });
  const plan = { before, owner, generation, openUploads };
  if (before === "owner" || isDryRun) return { ...plan, isDone: before === "owner" };
  // The database first: where the bucket cannot be written then, its former owner goes on.
  await db().$transaction(async (tx) => {
    await startOwnership(tx, timeline);
    await startGeneration(tx, { generation, nextMark: newMark() });
  }, longTransaction);
  const { row: started, place } = await readOwner();
  await writeOwnerFile(contentOf(started, place), file);
  latest = undefined;
  if ((await readOwner()).standing !== "owner")
    throw new AppError("CONFLICT", "The bucket's owner changed at the same time. Nothing else was changed. Try again.");
  await db().$transaction(async (tx) => {
    await confirmMark(tx, started.next_mark, newMark());
    const subjectId = started.installation_id;
    const detail = { generation, before };
    await recordEvent(tx, viewer, { action: "bucket.takenOver", subjectType: "bucket", subjectId, detail });
  });
  return { ...plan, isDone: true };
}
