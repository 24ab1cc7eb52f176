import "server-only";
import path from "node:path";
import type { Viewer } from "@/lib/auth/viewer";
import { recordDerivation, reserveDerivedId } from "@/lib/media/commands";
import { revisionToDerive } from "@/lib/media/queries";
import { bucketPermit } from "@/lib/owner/commands";
import { derivedKey } from "@/lib/storage/keys";
import { putObject } from "@/lib/storage/objects";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { decodeFile } from "./decoder";
import { type Digests, fetchBeginning, fetchOriginal, type Pinned } from "./fetch-original";
import type { FileDerivation } from "./file";
import { isOutdated, readMetadataAgain } from "./read-again";
import { withTempDir } from "./temp-dir";
import type { Derivative } from "./thumbnails";

type Fetched = (FileDerivation & Partial<Digests>) | { state: "rejected"; contentType: null; reason: string };
type Derived = { revisionId: string; state: Fetched["state"] | "readAgain" | "skipped" };

/** Larger files cannot be decoded here. Their first bytes tell their type; they are never downloaded whole. */
const maxFetchedBytes = 512 * 1024 * 1024;
const beginningBytes = 1024 * 1024;

/** A derivative never changes under its key. Private: only holders of a signed URL may read it. */
const derivativeCaching = "private, max-age=31536000, immutable";

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
  if (found.state === "ready") {
    const { derivatives, ...facts } = found;
    // Reserved in the database first, so that a retry overwrites the same keys and leaves no orphans.
    const derivedId = await reserveDerivedId(viewer, revisionId);
    if (derivedId === null) return { revisionId, state: "skipped" };
    await store(permit, derivedId, derivatives);
    await recordDerivation(viewer, revisionId, { ...facts, derivedId });
  } else {
    await recordDerivation(viewer, revisionId, found);
  }
  return { revisionId, state: found.state };
}

function fetchAndDecode(pinned: Pinned, fetchUpToBytes: number): Promise<Fetched> {
  return withTempDir(async (dir) => {
    const filePath = path.join(dir, "original");
    if (pinned.sizeBytes > fetchUpToBytes) {
      return (await fetchBeginning(pinned, filePath, beginningBytes)) ? decodeFile(filePath, true) : differs;
    }
    // A second download tells bytes damaged in transit from stored bytes that differ.
    const digests = (await fetchOriginal(pinned, filePath)) ?? (await fetchOriginal(pinned, filePath));
    return digests ? { ...(await decodeFile(filePath)), ...digests } : differs;
  });
}

const differs = {
  state: "rejected",
  contentType: null,
  reason: "The stored file differs from the verified one. Upload the file again.",
} as const;

async function store(permit: BucketPermit, derivedId: string, derivatives: Derivative[]): Promise<void> {
  await Promise.all(
    derivatives.map(({ size, bytes }) =>
      putObject(permit, {
        key: derivedKey(derivedId, size),
        body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        contentType: "image/webp",
        cacheControl: derivativeCaching,
      }),
    ),
  );
}
