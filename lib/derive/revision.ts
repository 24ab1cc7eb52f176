import "server-only";
import path from "node:path";
import type { Viewer } from "@/lib/auth/viewer";
import { recordDerivation, reserveDerivedId } from "@/lib/media/commands";
import { revisionToDerive } from "@/lib/media/queries";
import { derivedKey } from "@/lib/storage/keys";
import { putObject } from "@/lib/storage/objects";
import { decodeFile } from "./decoder";
import { type Digests, fetchBeginning, fetchOriginal, type Pinned } from "./fetch-original";
import type { FileDerivation } from "./file";
import type { Derivative } from "./picture";
import { withTempDir } from "./temp-dir";

type Fetched = (FileDerivation & Partial<Digests>) | { state: "rejected"; contentType: null; reason: string };
type Derived = { revisionId: string; state: Fetched["state"] | "skipped" };

/** Larger files are no pictures anybody could decode here: their beginning says what they are, and they are never fetched whole. */
const maxFetchedBytes = 512 * 1024 * 1024;
const beginningBytes = 1024 * 1024;

/** A derivative never changes under its name; it is for those who were given its signed URL. */
const derivativeCaching = "private, max-age=31536000, immutable";

/**
 * What the worker does to one revision: fetch, look into it, store the sizes, record. Running it again is safe:
 * a revision that is not pending any more is skipped. Throws what may be over at the next try (AppError, DecoderError).
 */
export async function deriveRevision(
  viewer: Viewer,
  revisionId: string,
  fetchUpToBytes = maxFetchedBytes,
): Promise<Derived> {
  const revision = await revisionToDerive(viewer, revisionId);
  if (revision?.state !== "pending") return { revisionId, state: "skipped" };
  const found = await fetchAndDecode(revision, fetchUpToBytes);
  if (found.state === "ready") {
    const { derivatives, ...facts } = found;
    // Reserved in the database first: whoever tries again writes over the same keys and leaves nothing behind.
    const derivedId = await reserveDerivedId(viewer, revisionId);
    if (derivedId === null) return { revisionId, state: "skipped" };
    await store(derivedId, derivatives);
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
    // A second look tells bytes spoiled on the way from bytes that are not the verified ones.
    const digests = (await fetchOriginal(pinned, filePath)) ?? (await fetchOriginal(pinned, filePath));
    return digests ? { ...(await decodeFile(filePath)), ...digests } : differs;
  });
}

const differs = {
  state: "rejected",
  contentType: null,
  reason: "The stored bytes differ from what was verified. Upload the file again.",
} as const;

async function store(derivedId: string, derivatives: Derivative[]): Promise<void> {
  await Promise.all(
    derivatives.map(({ size, bytes }) =>
      putObject({
        key: derivedKey(derivedId, size),
        body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        contentType: "image/webp",
        cacheControl: derivativeCaching,
      }),
    ),
  );
}
