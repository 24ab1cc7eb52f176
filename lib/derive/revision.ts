import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { type Derivation, recordDerivation, reserveDerivedId } from "@/lib/media/commands";
import { revisionToDerive } from "@/lib/media/queries";
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
    await recordWithoutDerivatives(viewer, revisionId, found);
    return { revisionId, state: found.state };
  }
  const { derivatives, ...facts } = found;
  // Reserved in the database first, so that a retry overwrites the same keys and leaves no orphans.
  const derivedId = await reserveDerivedId(viewer, revisionId);
  if (derivedId === null) return { revisionId, state: "skipped" };
  await storeDerivatives(permit, derivedId, derivatives);
  if (await recordDerivation(viewer, revisionId, { ...facts, derivedId })) return { revisionId, state: "ready" };
  // Another attempt has ended it meanwhile. If that one rejected it, these derivatives are no one's.
  if ((await revisionToDerive(viewer, revisionId))?.derivedId !== derivedId) await removeDerivatives(permit, derivedId);
  return { revisionId, state: "skipped" };
}

/** Rejects a pending revision whose attempts all failed, and deletes the derivatives that they stored. Idempotent. */
export async function rejectRevision(viewer: Viewer, revisionId: string, reason: string): Promise<void> {
  await recordWithoutDerivatives(viewer, revisionId, { state: "rejected", contentType: null, reason });
}

/** The derivatives of earlier attempts go first: afterwards the database no longer knows their id. */
async function recordWithoutDerivatives(
  viewer: Viewer,
  revisionId: string,
  outcome: Exclude<Derivation, { state: "ready" }>,
): Promise<void> {
  const revision = await revisionToDerive(viewer, revisionId);
  if (revision?.state !== "pending") return;
  if (revision.derivedId !== null) await removeDerivatives(await bucketPermit(viewer), revision.derivedId);
  await recordDerivation(viewer, revisionId, outcome);
}
