import "server-only";
import type { z } from "zod";
import type { Viewer } from "@/lib/auth/viewer";
import type { ReadVersion } from "@/lib/collection/commands";
import { collectionsWhere } from "@/lib/collection/queries";
import { db, type Prisma } from "@/lib/db";
import { changedMeanwhile, notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { lockCollection, longTransaction } from "@/lib/locks";
import { clearLeftDerivatives, type LeftDerivatives, setDerivedId } from "@/lib/revision/derivatives/rows";
import { showBest } from "@/lib/revision/rows";
import { moveToEnd } from "@/lib/revision/turn/rows";
import { newDerivedId } from "@/lib/storage/keys";
import { metadataVersion, pictureVersion, rejectOtherBytes } from "./policy";
import { editableMediaWhere } from "./queries";
import type { updateMediaInput } from "./schema";

/** When and where a revision was taken, as its bytes say. Without an offset `takenAt` is the wall clock as if it were UTC. */
export type FoundMetadata = {
  takenAt: Date | null;
  takenOffsetMinutes: number | null;
  latitude: number | null;
  longitude: number | null;
};

/** What deriving a revision found in its bytes. */
export type Derivation = {
  /** Of the stored bytes; absent when they could not be read, or could not be compared with the verified ones. */
  md5?: string;
  sha256?: string;
  metadata?: FoundMetadata;
} & (
  | {
      state: "ready";
      contentType: string;
      width: number;
      height: number;
      derivedId: string;
      warning: string | null;
      displayNote: string | null;
    }
  | { state: "kept"; contentType: string }
  | { state: "rejected"; contentType: string | null; reason: string }
);

/** Reserves the random id of a pending revision's derivatives, the same at every attempt; null when it is no longer pending. */
export async function reserveDerivedId(viewer: Viewer, revisionId: string): Promise<string | null> {
  if (viewer.kind !== "system") throw notFound("picture");
  return setDerivedId(requireId(revisionId, "picture"), newDerivedId());
}

/** Forgets derivatives of a revision that ended without pictures, once they are deleted. Idempotent. */
export async function forgetDerivatives(viewer: Viewer, left: LeftDerivatives): Promise<void> {
  if (viewer.kind !== "system") throw notFound("picture");
  await clearLeftDerivatives(left);
}

/** Gives a pending revision the last turn to be derived, as it cannot be now. Returns its job's priority; null when it is no longer pending. */
export async function postponeDerivation(viewer: Viewer, revisionId: string): Promise<number | null> {
  if (viewer.kind !== "system") throw notFound("picture");
  return moveToEnd(requireId(revisionId, "picture"));
}

/**
 * Records type, size and date found in a revision's bytes. Idempotent: a revision that is no longer pending does not change. A
 * newer revision becomes the current one only when it can be shown or kept, so a broken file never hides a good one, and one of
 * which part can be shown never hides a sound one. Returns whether this call recorded it.
 */
export async function recordDerivation(viewer: Viewer, revisionId: string, derivation: Derivation): Promise<boolean> {
  if (viewer.kind !== "system") throw notFound("picture");
  return db().$transaction(async (tx) => {
    const revision = await tx.revision.findUnique({
      where: { id: requireId(revisionId, "picture") },
      select: { sha256: true, media: { select: { collectionId: true } } },
    });
    if (!revision) return false;
    await lockCollection(tx, revision.media.collectionId);
    const outcome = rejectOtherBytes(revision.sha256, derivation);
    const { state, contentType } = outcome;
    const found = outcome.state === "ready" ? outcome : null;
    const { count } = await tx.revision.updateMany({
      where: { id: revisionId, state: "pending" },
      data: {
        state,
        contentType,
        ...(outcome.md5 ? { md5: outcome.md5 } : {}),
        ...(outcome.sha256 ? { sha256: outcome.sha256, sha256Proven: true } : {}),
        rejectReason: outcome.state === "rejected" ? outcome.reason : null,
        warning: found?.warning ?? null,
        displayNote: found?.displayNote ?? null,
        width: found?.width ?? null,
        height: found?.height ?? null,
        // One without pictures still names those of earlier attempts, until they are deleted.
        ...(found && { derivedId: found.derivedId }),
        pictureVersion,
        ...columnsOf(outcome.metadata),
      },
    });
    if (count > 0) await showBest(tx, revision.media.collectionId, [revisionId], { derived: true });
    return count > 0;
  }, longTransaction);
}

/** Picks the columns, as the caller's object may hold more. */
function columnsOf(metadata: FoundMetadata | undefined) {
  const { takenAt = null, takenOffsetMinutes = null, latitude = null, longitude = null } = metadata ?? {};
  return { takenAt, takenOffsetMinutes, latitude, longitude, metadataVersion };
}

/** Changes a media's title. Throws NOT_FOUND, CHANGED. */
export async function updateMedia(
  viewer: Viewer,
  mediaId: string,
  input: z.output<typeof updateMediaInput>,
  { editVersion }: ReadVersion = {},
): Promise<void> {
  await db().$transaction(async (tx) => {
    const wanted: Prisma.MediaWhereInput = {
      AND: [{ id: requireId(mediaId, "picture"), deletedAt: null }, editableMediaWhere(viewer)],
    };
    const [media] = await tx.media.updateManyAndReturn({
      where: editVersion === undefined ? wanted : { ...wanted, editVersion },
      data: { title: input.title || null, editVersion: { increment: 1 } },
      select: { id: true, collectionId: true, title: true },
    });
    if (!media && editVersion !== undefined && (await tx.media.count({ where: wanted })) > 0)
      throw changedMeanwhile("picture");
    if (!media) throw notFound("picture");
    await recordEvent(tx, viewer, {
      action: "media.changed",
      subjectType: "media",
      subjectId: media.id,
      collectionId: media.collectionId,
      detail: { title: media.title },
    });
  });
}

/** Moves a media to the trash, its bytes unchanged. Idempotent. Throws NOT_FOUND, CHANGED. */
export async function trashMedia(viewer: Viewer, mediaId: string, read: ReadVersion = {}): Promise<void> {
  await setTrashed(viewer, mediaId, "media.trashed", read);
}

/** Restores a media from the trash. Idempotent. Throws NOT_FOUND. */
export async function restoreMedia(viewer: Viewer, mediaId: string): Promise<void> {
  await setTrashed(viewer, mediaId, "media.restored");
}

async function setTrashed(
  viewer: Viewer,
  mediaId: string,
  action: "media.trashed" | "media.restored",
  { editVersion }: ReadVersion = {},
): Promise<void> {
  const toTrash = action === "media.trashed";
  const id = requireId(mediaId, "picture");
  await db().$transaction(async (tx) => {
    const media = await tx.media.findFirst({
      where: { id, collection: collectionsWhere(viewer, "trashMedia") },
      select: { collectionId: true, path: true },
    });
    if (!media) throw notFound("picture");
    await lockCollection(tx, media.collectionId);
    const wanted: Prisma.MediaWhereInput = { id, deletedAt: toTrash ? null : { not: null } };
    const { count } = await tx.media.updateMany({
      where: editVersion === undefined ? wanted : { ...wanted, editVersion },
      data: { deletedAt: toTrash ? new Date() : null, trashedByUndo: false },
    });
    if (count === 0 && editVersion !== undefined && (await tx.media.count({ where: wanted })) > 0)
      throw changedMeanwhile("picture");
    if (count === 0) return; // It is there already.
    // Read under the lock: a newer revision may have become the current one since.
    const current = await tx.revision.findFirst({ where: { currentOf: { id } }, select: { sizeBytes: true } });
    const sizeBytes = current?.sizeBytes ?? 0n;
    await tx.collection.update({
      where: { id: media.collectionId },
      data: {
        mediaCount: { increment: toTrash ? -1 : 1 },
        sizeBytes: { increment: toTrash ? -sizeBytes : sizeBytes },
      },
    });
    await recordEvent(tx, viewer, {
      action,
      subjectType: "media",
      subjectId: id,
      collectionId: media.collectionId,
      detail: { path: media.path },
    });
  }, longTransaction);
}
