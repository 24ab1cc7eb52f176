import "server-only";
import { z } from "zod";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { db, type Transaction } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { newDerivedId } from "@/lib/storage/keys";
import { editableMediaWhere } from "./queries";
import { lockCollection, patience } from "./rows";

/** What looking into a revision's bytes found. */
export type Derivation = {
  /** Of the bytes as they were read; absent when they could not be. */
  md5?: string;
} & (
  | {
      state: "ready";
      contentType: string;
      width: number;
      height: number;
      derivedId: string;
      takenAt: Date | null;
      latitude: number | null;
      longitude: number | null;
    }
  | { state: "kept"; contentType: string }
  | { state: "rejected"; contentType: string | null; reason: string }
);

/** The random id under which a pending revision's derivatives go, the same at every try; null when it is pending no more. */
export async function reserveDerivedId(viewer: Viewer, revisionId: string): Promise<string | null> {
  if (viewer.kind !== "system") throw notFound("picture");
  const [row] = await db().$queryRaw<{ derived_id: string }[]>`
    UPDATE "revision" SET "derived_id" = coalesce("derived_id", ${newDerivedId()})
    WHERE "id" = ${requireId(revisionId, "picture")}::uuid AND "state" = 'pending' RETURNING "derived_id"`;
  return row?.derived_id ?? null;
}

/**
 * Records what was found, once: a revision that is no longer pending is left as it is.
 * A newer revision becomes the current one only when it can be shown or kept: a broken file never hides a good one.
 */
export async function recordDerivation(viewer: Viewer, revisionId: string, derivation: Derivation): Promise<void> {
  if (viewer.kind !== "system") throw notFound("picture");
  const { state, contentType } = derivation;
  const found = derivation.state === "ready" ? derivation : null;
  await db().$transaction(async (tx) => {
    const revision = await tx.revision.findUnique({
      where: { id: requireId(revisionId, "picture") },
      select: { media: { select: { collectionId: true } } },
    });
    if (!revision) return;
    await lockCollection(tx, revision.media.collectionId);
    const { count } = await tx.revision.updateMany({
      where: { id: revisionId, state: "pending" },
      data: {
        state,
        contentType,
        ...(derivation.md5 ? { md5: derivation.md5 } : {}),
        rejectReason: derivation.state === "rejected" ? derivation.reason : null,
        width: found?.width ?? null,
        height: found?.height ?? null,
        derivedId: found?.derivedId ?? null,
        takenAt: found?.takenAt ?? null,
        latitude: found?.latitude ?? null,
        longitude: found?.longitude ?? null,
      },
    });
    if (count > 0) await makeCurrent(tx, revisionId, state !== "rejected");
  }, patience);
}

/** Under the collection's lock: of revisions derived at once the newest wins. */
async function makeCurrent(tx: Transaction, revisionId: string, showable: boolean): Promise<void> {
  const revision = await tx.revision.findUniqueOrThrow({
    where: { id: revisionId },
    select: {
      mediaId: true,
      number: true,
      sizeBytes: true,
      takenAt: true,
      latitude: true,
      longitude: true,
    },
  });
  const media = await tx.media.findUniqueOrThrow({
    where: { id: revision.mediaId },
    select: {
      collectionId: true,
      deletedAt: true,
      currentRevision: { select: { id: true, number: true, sizeBytes: true } },
    },
  });
  const current = media.currentRevision;
  const isNewer = showable && (!current || current.number < revision.number);
  if (!isNewer && current?.id !== revisionId) return;
  await tx.media.update({
    where: { id: revision.mediaId },
    data: {
      currentRevisionId: revisionId,
      ...(revision.takenAt ? { takenAt: revision.takenAt } : {}),
      latitude: revision.latitude,
      longitude: revision.longitude,
    },
  });
  const grown = revision.sizeBytes - (current?.sizeBytes ?? 0n);
  if (grown !== 0n && media.deletedAt === null) {
    await tx.collection.update({ where: { id: media.collectionId }, data: { sizeBytes: { increment: grown } } });
  }
}

export const updateMediaInput = z.object({
  title: z
    .string()
    .trim()
    .max(200)
    .regex(/^\P{Cc}*$/u, "must not contain control characters")
    .nullable(),
});

export async function updateMedia(
  viewer: Viewer,
  mediaId: string,
  input: z.output<typeof updateMediaInput>,
): Promise<void> {
  await db().$transaction(async (tx) => {
    const [media] = await tx.media.updateManyAndReturn({
      where: { AND: [{ id: requireId(mediaId, "picture"), deletedAt: null }, editableMediaWhere(viewer)] },
      data: { title: input.title || null },
      select: { id: true, collectionId: true, title: true },
    });
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

/** To the trash: gone from every list, its bytes untouched, restorable. */
export async function trashMedia(viewer: Viewer, mediaId: string): Promise<void> {
  await move(viewer, mediaId, "media.trashed");
}

export async function restoreMedia(viewer: Viewer, mediaId: string): Promise<void> {
  await move(viewer, mediaId, "media.restored");
}

async function move(viewer: Viewer, mediaId: string, action: "media.trashed" | "media.restored"): Promise<void> {
  const toTrash = action === "media.trashed";
  const id = requireId(mediaId, "picture");
  await db().$transaction(async (tx) => {
    const media = await tx.media.findFirst({
      where: { id, collection: collectionsWhere(viewer, "trashMedia") },
      select: { collectionId: true, path: true },
    });
    if (!media) throw notFound("picture");
    await lockCollection(tx, media.collectionId);
    const { count } = await tx.media.updateMany({
      where: { id, deletedAt: toTrash ? null : { not: null } },
      data: { deletedAt: toTrash ? new Date() : null },
    });
    if (count === 0) return; // There already: asking twice changes nothing.
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
  }, patience);
}
