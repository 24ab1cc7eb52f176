/**
 * Keys of the metadata tables. LMDB compares bytes, so a bucket's objects come in UTF-8 byte order, which is S3's order
 * (JavaScript's differs beyond the BMP).
 */

const MAX_ORDER = Number.MAX_SAFE_INTEGER;

/** Everything of a bucket begins with this. */
export function bucketPrefix(bucketId: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bucketId);
  return prefix;
}

export function objectKey(bucketId: number, key: string): Buffer {
  return Buffer.concat([bucketPrefix(bucketId), Buffer.from(key)]);
}

/** The object key inside a table key. */
export function keyOf(tableKey: Uint8Array, suffixBytes = 0): string {
  return Buffer.from(tableKey.buffer, tableKey.byteOffset + 4, tableKey.byteLength - 4 - suffixBytes).toString("utf8");
}

export const VERSION_SUFFIX_BYTES = 9;

/** Versions of one key lie together, newest first: a NUL ends the key (keys hold none), then the order counts down. */
export function versionKey(bucketId: number, key: string, order: number): Buffer {
  const suffix = Buffer.alloc(VERSION_SUFFIX_BYTES);
  suffix.writeBigUInt64BE(BigInt(MAX_ORDER - order), 1);
  return Buffer.concat([objectKey(bucketId, key), suffix]);
}

/** Bounds of all versions of one key. */
export function versionRange(bucketId: number, key: string): { start: Buffer; end: Buffer } {
  const base = objectKey(bucketId, key);
  return { start: Buffer.concat([base, Buffer.from([0])]), end: Buffer.concat([base, Buffer.from([1])]) };
}

/** An upload in progress: by key, then by upload id. */
export function uploadKey(bucketId: number, key: string, uploadId: string): Buffer {
  return Buffer.concat([objectKey(bucketId, key), Buffer.from([0]), Buffer.from(uploadId, "latin1")]);
}

export function partKey(uploadId: string, number: number): Buffer {
  const suffix = Buffer.alloc(2);
  suffix.writeUInt16BE(number);
  return Buffer.concat([Buffer.from(uploadId, "latin1"), suffix]);
}

/** The least byte string greater than everything that begins with `prefix`. */
export function afterPrefix(prefix: Buffer): Buffer {
  for (let end = prefix.length; end > 0; end--) {
    const last = prefix[end - 1] ?? 0;
    if (last < 255) {
      const bound = Buffer.from(prefix.subarray(0, end));
      bound[end - 1] = last + 1;
      return bound;
    }
  }
  return Buffer.alloc(16, 255);
}
