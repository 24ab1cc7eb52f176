import { characterFault } from "@/lib/text/policy";

/** The longest path, in bytes of UTF-8. */
export const maxPathBytes = 512;

/** Names that Windows takes for devices, with any extension (https://learn.microsoft.com/windows/win32/fileio/naming-a-file). */
const device = /^(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³]|conin\$|conout\$) *(?=[.:]|$)/i;

/** What systems put beside people's files. Names of macOS and Windows in lower case, as these do not tell letters' case apart. */
const systemFiles: ReadonlySet<string> = new Set([
  ...[".ds_store", ".localized", "icon\r"], // Finder
  ...["thumbs.db", "ehthumbs.db", "desktop.ini", ".picasa.ini"],
]);
const systemFolders: ReadonlySet<string> = new Set([
  ...["__macosx", ".trashes", ".spotlight-v100", ".fseventsd"],
  ...["$recycle.bin", "system volume information"],
  ...[".git", ".svn"],
]);
/** Names of Linux, Android and Synology, which tell letters' case apart. */
const exactSystemFiles: ReadonlySet<string> = new Set([".nomedia"]);
const exactSystemFolders: ReadonlySet<string> = new Set(["@eaDir", ".thumbnails", "#recycle"]);

/**
 * Tells whether a file is one that a system puts beside people's files, by the path as it was found: thumbnails, settings of a
 * folder, its trash, or its history of versions. A folder's path ends with a slash.
 */
export function isSystemFile(path: string): boolean {
  const segments = path.split("/");
  const name = segments.pop() ?? "";
  if (segments.some((one) => exactSystemFolders.has(one) || systemFolders.has(one.toLowerCase()))) return true;
  // macOS keeps attributes of "photo.jpg" in "._photo.jpg" where a disk has none.
  return name.startsWith("._") || exactSystemFiles.has(name) || systemFiles.has(name.toLowerCase());
}

/** Returns a path in NFC, as media keep it: a name typed on a Mac and on Linux is one name. */
export function normalizePath(path: string): string {
  return path.normalize("NFC");
}

/**
 * Returns the message that says why a path cannot be a media's path; null when it can. Expects the normalized path. The one
 * rule for registering, listing, receipts, command line and screens: what it accepts names one file below the folder that it is
 * written to, in every system's reading of paths, and reads as what it is. `: * ? " < > |` are accepted within a segment, as they are
 * common in names of Linux and macOS: disks of Windows take no such name, and `photo.jpg:x` is a stream of `photo.jpg` on NTFS. Media
 * from before a rule keep their paths.
 */
export function pathProblem(path: string): string | null {
  if (path === "") return "The file has no name.";
  if (path.startsWith("/")) return "The path starts with a slash.";
  const fault = characterFault(path);
  if (fault) return `The name ${fault}.`;
  if (path !== normalizePath(path)) return "The name is not in Unicode's composed form (NFC).";
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > maxPathBytes) {
    return `The path is ${bytes} bytes long; at most ${maxPathBytes} are allowed. Shorten a folder or file name.`;
  }
  for (const segment of path.split("/")) {
    const problem = segmentProblem(segment);
    if (problem) return problem;
  }
  return null;
}

function segmentProblem(segment: string): string | null {
  if (segment === "") return "The path has an empty folder name.";
  if (segment === "." || segment === "..") return `The path contains “${segment}”, which could leave its folder.`;
  if (segment.includes("\\")) return `“${segment}” contains a backslash, which Windows takes for a folder.`;
  if (/^[a-z]:/i.test(segment)) return `“${segment}” starts like a drive of Windows.`;
  const [name] = device.exec(segment) ?? [];
  if (name) return `“${segment}” cannot be saved on Windows, where “${name.trim()}” is a device.`;
  if (segment.endsWith(".")) return `“${segment}” ends with a dot, which Windows removes.`;
  if (segment.endsWith(" ")) return `“${segment}” ends with a space, which Windows removes.`;
  return null;
}
