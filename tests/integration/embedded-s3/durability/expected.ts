/** What must be found of the objects, by S3's rules of versioning and by what the store acknowledged. */

export type BucketKind = "plain" | "versioned" | "suspended";

/** An object's bytes and what goes with them. */
export interface Content {
  readonly etag: string;
  /** MD5 of all bytes, in hexadecimal. */
  readonly md5: string;
  readonly sizeBytes: number;
  /** Kept as user metadata: which write it was. */
  readonly label: string;
  readonly tag?: string;
}

export interface Version {
  /** `undefined` until an answer or a listing contains it. */
  readonly id: string | undefined;
  /** Absent for delete markers. */
  readonly content?: Content;
}

/** All versions of a key, newest first. */
export type History = readonly Version[];

export function afterPut(kind: BucketKind, before: History, content: Content, id?: string): History {
  if (kind === "plain") return [{ id: "null", content }];
  if (kind === "suspended") return [{ id: "null", content }, ...before.filter((version) => version.id !== "null")];
  return [{ id, content }, ...before];
}

export function afterDelete(kind: BucketKind, before: History, id?: string): History {
  if (kind === "plain") return [];
  if (kind === "suspended") return [{ id: "null" }, ...before.filter((version) => version.id !== "null")];
  return [{ id }, ...before];
}

export function afterRemoval(before: History, id: string): History {
  return before.filter((version) => version.id !== id);
}

export function afterTagging(before: History, tag: string): History {
  return before.map((version, i) =>
    i === 0 && version.content ? { ...version, content: { ...version.content, tag } } : version,
  );
}

/** Whether what was found is what was expected; an unknown id matches any. */
export function isSame(expected: History, found: History): boolean {
  return (
    expected.length === found.length &&
    expected.every((version, i) => {
      const other = found[i];
      const sameId = version.id === undefined || version.id === other?.id;
      return other !== undefined && sameId && wordsFor(version.content) === wordsFor(other.content);
    })
  );
}

function wordsFor(content: Content | undefined): string {
  if (!content) return "delete marker";
  const { etag, md5, sizeBytes, label, tag } = content;
  return [etag, md5, sizeBytes, label, tag ?? ""].join(" ");
}

/** A history for a failure's message. */
export function render(history: History): string {
  return history.map((version) => `${version.id ?? "?"}: ${wordsFor(version.content)}`).join("\n") || "nothing";
}

/** An upload that was begun and not acknowledged to have ended. */
export interface OpenUpload {
  readonly uploadId: string;
  readonly label: string;
  readonly parts: Map<number, { readonly etag: string; readonly body: Buffer }>;
}

/** A key, which one lane alone writes to: at any moment at most one write of it is in flight. */
export interface KeyState {
  readonly bucket: string;
  readonly kind: BucketKind;
  readonly key: string;
  history: History;
  /** Uploads in progress by id. */
  readonly uploads: Map<string, OpenUpload>;
  /** What else may be found when the store dies now. */
  inFlight: InFlight | undefined;
}

/** A write whose answer has not come: the state it leads to, if it came through. */
export interface InFlight {
  readonly what: string;
  readonly history?: History;
  /** An upload that may have ended, and must have if `history` is what is found. */
  readonly ends?: string;
  /** Label of an upload that may have begun, whose id is unknown. */
  readonly begins?: string;
  /** A part that may be there now. */
  readonly part?: { readonly uploadId: string; readonly number: number; readonly etag: string; readonly body: Buffer };
}

/** A bucket of a lane's own, made and deleted again and again. */
export interface BucketState {
  readonly name: string;
  exists: boolean;
  isInFlight: boolean;
}
