import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db, type Prisma } from "@/lib/db";
import { notFound, requireId } from "@/lib/errors";
import { lockCollection, longTransaction } from "@/lib/locks";
import { setSpareDerivedId } from "@/lib/revision/again/rows";
import { showBest } from "@/lib/revision/rows";
import { newDerivedId } from "@/lib/storage/keys";
import type { Derivation, FoundMetadata } from "../commands";
import { metadataVersion, pictureVersion, rejectOtherBytes } from "../policy";

/**
 * Records what today's rules read from a revision that older rules had read; null when it could not be read. What they do not
 * find stays as it was. Idempotent.
 */
export async function recordMetadata(viewer: Viewer, revisionId: string, found: FoundMetadata | null): Promise<void> {
  await change(viewer, revisionId, () => ({
    where: { state: { in: ["ready", "kept"] }, metadataVersion: { lt: metadataVersion } },
    data: { metadataVersion, ...foundColumns(found) },
  }));
}

/** Reserves the id of derivatives that replace the shown ones, the same at every attempt; null when they were made by now. */
export async function reserveSpareId(viewer: Viewer, revisionId: string): Promise<string | null> {
  if (viewer.kind !== "system") throw notFound("picture");
  return setSpareDerivedId(requireId(revisionId, "picture"), newDerivedId(), pictureVersion);
}

/**
 * Records what today's rules found in a picture that older rules had decoded. What is shown or kept stays so unless there is a
 * picture now, and so do dates and positions that are not found any more. The replaced derivatives become the spare ones, to be
 * deleted afterwards. Idempotent. `derivation.derivedId` is the reserved spare id.
 */
export async function recordAgain(viewer: Viewer, revisionId: string, derivation: Derivation): Promise<void> {
  await change(viewer, revisionId, (before) => {
    const { metadata = null, ...found } = rejectOtherBytes(before.sha256, derivation);
    return {
      where: { state: before.state, derivedId: before.derivedId, pictureVersion: { lt: pictureVersion } },
      data: {
        pictureVersion,
        ...(metadata && { metadataVersion, ...foundColumns(metadata) }),
        ...outcomeColumns(before, found),
      },
    };
  });
}

/** Forgets spare derivatives that were deleted. Idempotent. */
export async function forgetSpareId(viewer: Viewer, revisionId: string, spareDerivedId: string): Promise<void> {
  if (viewer.kind !== "system") throw notFound("picture");
  const where = { id: requireId(revisionId, "picture"), spareDerivedId };
  await db().revision.updateMany({ where, data: { spareDerivedId: null } });
}

type Before = { sha256: string | null; state: Derivation["state"] | "pending"; derivedId: string | null };
type Change = Required<Pick<Prisma.RevisionUpdateManyArgs, "where" | "data">>;

/** Changes a revision that is no longer pending, and what its media shows of it. */
async function change(viewer: Viewer, revisionId: string, changeOf: (before: Before) => Change): Promise<void> {
  if (viewer.kind !== "system") throw notFound("picture");
  const id = requireId(revisionId, "picture");
  await db().$transaction(async (tx) => {
    const revision = await tx.revision.findUnique({
      where: { id },
      select: { sha256: true, state: true, derivedId: true, media: { select: { collectionId: true } } },
    });
    if (!revision || revision.state === "pending") return;
    const { collectionId } = revision.media;
    await lockCollection(tx, collectionId);
    const { where, data } = changeOf(revision);
    const { count } = await tx.revision.updateMany({ where: { ...where, id }, data });
    if (count > 0) await showBest(tx, collectionId, [id], { derived: true });
  }, longTransaction);
}

function foundColumns(found: FoundMetadata | null) {
  const { takenAt = null, takenOffsetMinutes = null, latitude = null, longitude = null } = found ?? {};
  return {
    ...(takenAt && { takenAt, takenOffsetMinutes }),
    ...(latitude !== null && { latitude, longitude }),
  };
}

/** Returns what changes: a picture replaces all, a file that is kept only a rejection, and a rejection only another's reason. */
function outcomeColumns(before: Before, found: Derivation): Prisma.RevisionUpdateManyMutationInput {
  const contentType = found.contentType === null ? {} : { contentType: found.contentType };
  if (found.state === "ready") {
    const { state, width, height, derivedId, warning, displayNote, md5, sha256 } = found;
    const shown = { state, width, height, derivedId, warning, displayNote, rejectReason: null };
    const checksums = { ...(md5 && { md5 }), ...(sha256 && { sha256, sha256Proven: true }) };
    return { ...contentType, ...checksums, ...shown, spareDerivedId: before.derivedId };
  }
  if (before.state !== "rejected") return {};
  if (found.state === "kept") return { ...contentType, state: "kept", rejectReason: null };
  return { ...contentType, rejectReason: found.reason };
}
