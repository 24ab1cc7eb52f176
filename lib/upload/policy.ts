const MIB = 1024 * 1024;

/** The one set of limits: read by the picker, the signer and the verifier, and shown on screen. */
export const uploadPolicy = {
  minFileBytes: 1,
  maxFileBytes: 64 * MIB,
  maxPathBytes: 512,
  policyTtlSeconds: 15 * 60,
  /** The client asks for a new policy when less than this is left of the old one. */
  policyRenewBeforeSeconds: 3 * 60,
  /** An open upload nobody seals is given up after this. */
  uploadTtlSeconds: 7 * 24 * 60 * 60,
  parallelPosts: 6,
} as const;

// C0, DEL, C1, and the characters that make a name read as another one (bidirectional overrides, line separators).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbiddenCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** A path as media keep it: NFC, so that a name typed on a Mac and on Linux is one name. */
export function normalizePath(path: string): string {
  return path.normalize("NFC");
}

/** Why a path cannot be a media's path, in words for a person; null when it can. Expects the normalized path. */
export function pathProblem(path: string): string | null {
  if (path === "") return "The file has no name.";
  if (path.startsWith("/")) return "The path starts with a slash.";
  if (!path.isWellFormed()) return "The name is not valid Unicode.";
  if (path !== path.normalize("NFC")) return "The name is not in Unicode's composed form (NFC).";
  if (forbiddenCharacters.test(path))
    return "The name contains control characters, or ones that reverse the reading direction.";
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > uploadPolicy.maxPathBytes) {
    return `The path is ${bytes} bytes long; at most ${uploadPolicy.maxPathBytes} are possible. Shorten a folder or file name.`;
  }
  for (const segment of path.split("/")) {
    if (segment === "") return "The path has an empty folder name.";
    if (segment === "." || segment === "..") return `The path contains “${segment}”, which could leave its folder.`;
  }
  return null;
}

/** Why a file of this size cannot be sent; null when it can. */
export function sizeProblem(sizeBytes: number): string | null {
  if (sizeBytes < uploadPolicy.minFileBytes) return "The file is empty.";
  if (sizeBytes > uploadPolicy.maxFileBytes) {
    return `The file has ${Math.ceil(sizeBytes / MIB)} MiB; files up to ${uploadPolicy.maxFileBytes / MIB} MiB can be uploaded here.`;
  }
  return null;
}

export const uploadStates = ["open", "sealed", "verified", "aborted", "expired"] as const;
export type UploadState = (typeof uploadStates)[number];

/** The states each verb may start from; enforced by the `where` of the update. */
export const uploadFrom = {
  renewPolicy: ["open"],
  seal: ["open"],
  abort: ["open", "sealed"],
  verify: ["sealed"],
  expire: ["open"],
} as const satisfies Record<string, readonly UploadState[]>;
