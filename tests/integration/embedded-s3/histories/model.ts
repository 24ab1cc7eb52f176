import { createHash } from "node:crypto";

/**
 * What S3 says that a bucket holds, in memory and without a thought to speed.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
 */

export interface Stored {
  readonly body: Buffer;
  readonly etag: string;
  /** User metadata. */
  readonly label: string;
  readonly tag?: string | undefined;
}

export interface Version {
  readonly id: string;
  /** Absent for delete markers. */
  readonly stored?: Stored;
}

export interface Part {
  readonly body: Buffer;
  readonly etag: string;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly label: string;
  readonly parts: Map<number, Part>;
}

export const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");
/** A version id that none has. */
const NO_VERSION = "0123456789abcdef0123456789abcdef";

export class BucketModel {
  versioning: "Enabled" | "Suspended" | undefined;
  /** Newest first; keys without versions are not there. */
  readonly keys = new Map<string, readonly Version[]>();
  /** In the order of their beginning. */
  uploads: readonly Upload[] = [];

  constructor(readonly name: string) {}

  versions(key: string): readonly Version[] {
    return this.keys.get(key) ?? [];
  }

  /** What a GET finds. */
  head(key: string): Stored | undefined {
    return this.versions(key)[0]?.stored;
  }

  /**
   * The version a request is about: the newest without `which`, else that of several (by its number, modulo their count), or
   * an id that none has.
   */
  choose(key: string, which: number | undefined): { id: string | undefined; version: Version | undefined } {
    const versions = this.versions(key);
    if (which === undefined) return { id: undefined, version: versions[0] };
    const version = versions[which % (versions.length + 1)];
    return { id: version?.id ?? NO_VERSION, version };
  }

  put(key: string, stored: Stored, id: string): void {
    this.#set(key, [{ id, stored }, ...this.#kept(key)]);
  }

  /** A DELETE without a version. */
  remove(key: string, id: string): void {
    this.#set(key, this.versioning === undefined ? [] : [{ id }, ...this.#kept(key)]);
  }

  removeVersion(key: string, id: string): void {
    this.#set(
      key,
      this.versions(key).filter((version) => version.id !== id),
    );
  }

  retag(key: string, id: string, tag: string | undefined): void {
    const retagged = this.versions(key).map((version) =>
      version.id === id && version.stored ? { id, stored: { ...version.stored, tag } } : version,
    );
    this.#set(key, retagged);
  }

  endUpload(id: string): void {
    this.uploads = this.uploads.filter((upload) => upload.id !== id);
  }

  /** A new version takes the place of the `null` one unless versioning is on. */
  #kept(key: string): readonly Version[] {
    const versions = this.versions(key);
    return this.versioning === "Enabled" ? versions : versions.filter(({ id }) => id !== "null");
  }

  #set(key: string, versions: readonly Version[]): void {
    if (versions.length > 0) this.keys.set(key, versions);
    else this.keys.delete(key);
  }
}

export interface Model {
  readonly buckets: readonly [BucketModel, BucketModel];
}
