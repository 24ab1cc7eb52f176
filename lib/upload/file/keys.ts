import "server-only";
import { normalizePath } from "@/lib/path/policy";
import { originalKey, pathOfKey } from "@/lib/storage/keys";
import type { FileRow } from "./rows";

/** Returns the path of the file that lies at a key, in NFC: a program may send names in any form of Unicode. */
export function filePathOf(prefix: string, key: string): string {
  return normalizePath(pathOfKey(prefix, key));
}

/** Returns the keys at which a registered file may lie: in NFC, as the site sends it, in the sender's own form, and in NFD. */
export function keysOfFile(prefix: string, { path, sent_as }: Pick<FileRow, "path" | "sent_as">): string[] {
  const forms = new Set([path, sent_as ?? path, path.normalize("NFD")]);
  return [...forms].map((form) => originalKey(prefix, form));
}
