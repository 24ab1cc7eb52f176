import "server-only";
import path from "node:path";
import { decodeFile } from "./decoder/decoder";
import type { FileDerivation } from "./file/file";
import { fetchBeginning, fetchOriginal } from "./original/fetch-original";
import type { Digests, Pinned } from "./original/pinned-digests";
import { withTempDir } from "./original/temp-dir";

type Rejection = { state: "rejected"; contentType: string | null; reason: string };
type Checksums = Partial<Pick<Digests, "md5" | "sha256">>;
export type Fetched = (FileDerivation | Rejection) & Checksums;

const beginningBytes = 1024 * 1024;

/** Downloads a revision's bytes, compares them with the verified ones and decodes them. Throws AppError, DecoderError. */
export function fetchAndDecode(pinned: Pinned, fetchUpToBytes: number): Promise<Fetched> {
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
