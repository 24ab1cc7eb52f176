import "server-only";
import { randomBytes } from "node:crypto";
import { db } from "@/lib/db";
import { originalsPrefix } from "@/lib/storage/keys";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { headObject } from "@/lib/storage/objects/objects";
import { type OwnerFile, readOwnerFile } from "@/lib/storage/owner-file";
import { type Standing, standingOf } from "./policy";
import { type OwnerRow, selectOwner, selectServer } from "./rows";
import { type OwnerFileContent, ownerFile } from "./schema";

export type OwnerState = {
  standing: Standing;
  row: OwnerRow;
  place: string;
  /** The server's timeline; null where it does not tell. */
  timeline: number | null;
  file: OwnerFile | null;
  /** What the file says; null without a file and for one that cannot be read. */
  content: OwnerFileContent | null;
};

/** Returns a random mark: a database without it is not the owner. */
export function newMark(): string {
  return randomBytes(16).toString("hex");
}

/** Reads what bucket and database say of each other. Changes nothing in the bucket. Throws AppError UNAVAILABLE, INTERNAL. */
export async function readOwner(): Promise<OwnerState> {
  // The file first: a mark that is drawn and confirmed in between is known to the row.
  const file = await readOwnerFile();
  const [row, server] = [await selectOwner(newMark()), await selectServer()];
  const content = file === null ? null : parse(file.text);
  if (file !== null && content === null) return { standing: "unreadable", row, ...server, file, content };
  const marks = [row.previous_mark, row.mark, row.next_mark].filter((mark) => mark !== null);
  const { installation_id: installation, generation } = row;
  const identity = { installation, generation, place: server.place, marks, hasOwned: row.mark !== null };
  return { standing: standingOf(identity, content), row, ...server, file, content };
}

function parse(text: string): OwnerFileContent | null {
  try {
    const parsed = ownerFile.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // Not JSON: reported as unreadable.
  }
}

/**
 * Tells whether a bucket without an owner can be this database's: it has the files the database knows or, for a database
 * without files, none that it does not know. Returns why not. Else a mistyped bucket, or one whose database is gone, would get
 * an owner that takes all of its files for orphans.
 */
export async function whyNotOurs(): Promise<"unknownFiles" | "missingFiles" | null> {
  const revision = await db().revision.findFirst({ select: { key: true, versionId: true }, orderBy: { id: "asc" } });
  if (revision) return (await isStored(revision)) ? null : "missingFiles";
  for await (const [first] of listObjectVersions(originalsPrefix, undefined, 1)) {
    const [, , uploadId = ""] = first?.key.split("/") ?? [];
    const isKnown = /^[0-9a-f-]{36}$/.test(uploadId) && (await db().upload.count({ where: { id: uploadId } })) > 0;
    return isKnown ? null : "unknownFiles";
  }
  return null;
}

async function isStored(revision: { key: string; versionId: string }): Promise<boolean> {
  try {
    return (await headObject(revision)) !== null;
  } catch (error) {
    // Another service's versions have ids of another form.
    const { $metadata } = ((error as Error).cause ?? {}) as { $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode === 400) return false;
    throw error;
  }
}
