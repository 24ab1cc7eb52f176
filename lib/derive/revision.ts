import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { type Derivation, forgetDerivatives, recordDerivation, reserveDerivedId } from "@/lib/media/commands";
import { leftDerivatives, revisionToDerive } from "@/lib/media/queries";
import { bucketPermit } from "@/lib/owner/commands";
import { removeDerivatives, storeDerivatives } from "./derivatives";
import { deriveAgain, isDerivedByOlderRules } from "./derive-again";
import { type Fetched, fetchAndDecode } from "./fetch-and-decode";
import { isOutdated, readMetadataAgain } from "./read-again";

type Derived = { revisionId: string; state: Fetched["state"] | "derivedAgain" | "readAgain" | "skipped" };

/** Larger files cannot be decoded here. Their first bytes tell their type; they are never downloaded whole. */
const maxFetchedBytes = 512 * 1024 * 1024;

/**
 * Derives one revision: downloads it, inspects it, stores the thumbnails, records the result. Idempotent: of a revision that is
 * no longer pending, only what older rules decoded or read is derived or read again. Throws errors that a retry may resolve (AppError,
 * DecoderError).
 */
export async function deriveRevision(
  viewer: Viewer,
  revisionId: string,
  fetchUpToBytes = maxFetchedBytes,
): Promise<Derived> {
  const revision = await revisionToDerive(viewer, revisionId);
  if (revision && isDerivedByOlderRules(revision)) {
    await deriveAgain(viewer, revision, fetchUpToBytes);
    return { revisionId, state: "derivedAgain" };
  }
  if (revision && isOutdated(revision)) {
    await readMetadataAgain(viewer, revision, fetchUpToBytes);
    return { revisionId, state: "readAgain" };
  }
  if (revision?.state !== "pending") return { revisionId, state: "skipped" };
  // Before the work: a picture that may not be stored need not be decoded.
  const permit = await bucketPermit(viewer);
  const found = await fetchAndDecode(revision, fetchUpToBytes);
  if (found.state !== "ready") {
    const isRecorded = await recordWithoutDerivatives(viewer, revisionId, found);
    return { revisionId, state: isRecorded ? found.state : "skipped" };
  }
  const { derivatives, ...facts } = found;
  // Reserved in the database first, so that a retry overwrites the same keys and leaves no orphans.
  const derivedId = await reserveDerivedId(viewer, revisionId);
  if (derivedId === null) return { revisionId, state: "skipped" };
  await storeDerivatives(permit, derivedId, derivatives);
  if (await recordDerivation(viewer, revisionId, { ...facts, derivedId })) return { revisionId, state: "ready" };
  // Another attempt has ended it meanwhile. Without pictures these may have been stored after that one deleted its own.
  const ended = await revisionToDerive(viewer, revisionId);
  if (ended?.state !== "ready" || ended.derivedId !== derivedId) await removeDerivatives(permit, derivedId);
  return { revisionId, state: "skipped" };
}

/** Rejects a pending revision whose attempts all failed, and deletes the derivatives that they stored. Idempotent. */
export async function rejectRevision(viewer: Viewer, revisionId: string, reason: string): Promise<void> {
  await recordWithoutDerivatives(viewer, revisionId, { state: "rejected", contentType: null, reason });
}

/**
 * The row first: of two attempts one may be recording pictures, and their objects may be deleted only when the row has ended without
 * them. Returns whether this call recorded the outcome.
 */
async function recordWithoutDerivatives(
  viewer: Viewer,
  revisionId: string,
  outcome: Exclude<Derivation, { state: "ready" }>,
): Promise<boolean> {
  await bucketPermit(viewer);
  if (!(await recordDerivation(viewer, revisionId, outcome))) return false;
  await removeLeftDerivatives(viewer, 1, revisionId);
  return true;
}

/**
 * Deletes derivatives of revisions that ended without pictures, `limit` at most, all or those of one revision. For the worker's sweep,
 * too: a process may end in between. Returns of how many revisions. Idempotent. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL.
 */
export async function removeLeftDerivatives(viewer: Viewer, limit: number, revisionId?: string): Promise<number> {
  const left = await leftDerivatives(viewer, limit, revisionId);
  for (const one of left) {
    await removeDerivatives(await bucketPermit(viewer), one.derivedId);
    await forgetDerivatives(viewer, one);
  }
  return left.length;
}
