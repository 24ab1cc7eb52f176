import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { forgetSpareId, recordAgain, reserveSpareId } from "@/lib/media/again/commands";
import type { Derivation } from "@/lib/media/commands";
import { isPictureOutdated } from "@/lib/media/policy";
import { revisionToDerive } from "@/lib/media/queries";
import { bucketPermit } from "@/lib/owner/commands";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { removeDerivatives, storeDerivatives } from "./derivatives";
import { fetchAndDecode } from "./fetch-and-decode";
import type { Pinned } from "./original/pinned-digests";

type Outdated = Pinned & { id: string; pictureVersion: number; contentType: string | null };
type NotReady = Exclude<Derivation, { state: "ready" }>;

/** Tells whether older rules decoded the picture, or derivatives that were replaced are left. */
export function isDerivedByOlderRules(revision: {
  state: string;
  pictureVersion: number;
  contentType: string | null;
  spareDerivedId: string | null;
}): boolean {
  return revision.state !== "pending" && (isPictureOutdated(revision) || revision.spareDerivedId !== null);
}

/**
 * Derives a picture again that older rules decoded. What is shown stays so until the new derivatives are stored, and for good when
 * there are none; its derivatives are deleted only once they are replaced. Idempotent. Throws AppError, DecoderError.
 */
export async function deriveAgain(viewer: Viewer, revision: Outdated, fetchUpToBytes: number): Promise<void> {
  const permit = await bucketPermit(viewer);
  if (isPictureOutdated(revision)) await decodeAgain(viewer, permit, revision, fetchUpToBytes);
  await removeSpare(viewer, permit, revision.id);
}

/** Ends deriving a picture again whose attempts all failed: it stays as it is. Idempotent. */
export async function endDeriveAgain(viewer: Viewer, revisionId: string, reason: string): Promise<void> {
  await recordAgain(viewer, revisionId, { state: "rejected", contentType: null, reason });
}

async function decodeAgain(viewer: Viewer, permit: BucketPermit, revision: Outdated, fetchUpToBytes: number) {
  const { id } = revision;
  const found = await fetchAndDecode(revision, fetchUpToBytes);
  if (found.state !== "ready") {
    await recordAgain(viewer, id, found satisfies NotReady);
    return;
  }
  const { derivatives, ...facts } = found;
  // In the database first, so that a retry overwrites the same keys and leaves no orphans.
  const derivedId = await reserveSpareId(viewer, id);
  if (derivedId === null) return;
  await storeDerivatives(permit, derivedId, derivatives);
  await recordAgain(viewer, id, { ...facts, derivedId });
  // Another attempt may have ended it meanwhile, and deleted what there was.
  const now = await revisionToDerive(viewer, id);
  if (now?.derivedId !== derivedId && now?.spareDerivedId !== derivedId) await removeDerivatives(permit, derivedId);
}

/** Deletes the spare derivatives, which no attempt uses any more once today's rules are recorded. */
async function removeSpare(viewer: Viewer, permit: BucketPermit, revisionId: string): Promise<void> {
  const now = await revisionToDerive(viewer, revisionId);
  if (!now || now.spareDerivedId === null || isPictureOutdated(now)) return;
  await removeDerivatives(permit, now.spareDerivedId);
  await forgetSpareId(viewer, revisionId, now.spareDerivedId);
}
