import "server-only";
import path from "node:path";
import type { Viewer } from "@/lib/auth/viewer";
import { type Derivation, forgetDerivatives, recordDerivation, reserveDerivedId } from "@/lib/media/commands";
import { leftDerivatives, revisionToDerive } from "@/lib/media/queries";
import { bucketPermit } from "@/lib/owner/commands";
import { decodeFile } from "./decoder";
import { removeDerivatives, storeDerivatives } from "./derivatives";
import { fetchBeginning, fetchOriginal } from "./fetch-original";
import type { FileDerivation } from "./file";
import type { Digests, Pinned } from "./pinned-digests";
import { isOutdated, readMetadataAgain } from "./read-again";
import { withTempDir } from "./temp-dir";

type Rejection = { state: "rejected"; contentType: string | null; reason: string };
type Checksums = Partial<Pick<Digests, "md5" | "sha256">>;
type Fetched = (FileDerivation | Rejection) & Checksums;
type Derived = { revisionId: string; state: Fetched["state"] | "readAgain" | "skipped" };

/** Larger files cannot be decoded here. Their first bytes tell their type; they are never downloaded whole. */
const maxFetchedBytes = 512 * 1024 * 1024;
const beginningBytes = 1024 * 1024;

/**
 * Derives one revision: downloads it, inspects it, stores the thumbnails, records the result. Idempotent: of a revision that is
 * no longer pending, only metadata that older rules read are read again. Throws errors that a retry may resolve (AppError,
 * DecoderError).
 */
export async function deriveRevision(
  viewer: Viewer,
  revisionId: string,
  fetchUpToBytes = maxFetchedBytes,
): Promise<Derived> {
  const revision = await revisionToDerive(viewer, revisionId);
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

function fetchAndDecode(pinned: Pinned, fetchUpToBytes: number): Promise<Fetched> {
  return withTempDir(async (dir) => {
    const filePath = path.join(dir, "original");
    if (pinned.sizeBytes > fetchUpToBytes) {
      return (await fetchBeginning(pinned, filePath, beginningBytes)) ? decodeFile(filePath, true) : differs;
    }
    const digests = await fetchTwice(pinned, filePath);
    if (!digests) return differs;
    const { md5, sha256, isProven } = digests;
    const checksums = isProven ? { md5, sha256 } : {};
    // Not decoded: a rejected file has no derivatives.
    if (isRefuted(pinned, digests)) return { ...notAsSent, ...checksums };
    return { ...(await decodeFile(filePath)), ...checksums };
  });
}

/** A second download tells bytes damaged in transit from stored bytes that differ. */
async function fetchTwice(pinned: Pinned, filePath: string): Promise<Digests | null> {
  const digests = await fetchOriginal(pinned, filePath);
  if (digests && (digests.isProven || !isRefuted(pinned, digests))) return digests;
  return fetchOriginal(pinned, filePath);
}

/** Whether the bytes are not those that their sender announced. */
function isRefuted(pinned: Pinned, { sha256 }: Digests): boolean {
  return pinned.sha256 !== null && pinned.sha256 !== sha256;
}

const differs = {
  state: "rejected",
  contentType: null,
  reason: "The stored file differs from the verified one. Upload the file again.",
} as const;

const notAsSent = {
  state: "rejected",
  contentType: null,
  reason: "The bytes in the storage are not those that were sent. Upload the file again.",
} as const;
