import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { PinnedDigests } from "@/lib/derive/original/pinned-digests";
import { crc64nvme, hex } from "@/tests/support/checksums";

const MIB = 1024 * 1024;
const bytes = randomBytes(17 * MIB);
const nothing = { sizeBytes: bytes.length, etag: "", md5: null, crc64nvme: null, sha256: null };

/** The ETag of an object that was sent in parts of this size. */
function compositeEtag(partBytes: number): string {
  const md5s: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += partBytes)
    md5s.push(
      createHash("md5")
        .update(bytes.subarray(at, at + partBytes))
        .digest(),
    );
  return `${createHash("md5").update(Buffer.concat(md5s)).digest("hex")}-${md5s.length}`;
}

/** Reads the bytes in chunks that are no part of any part size. */
function digestsOf(known: Partial<typeof nothing> | Record<string, unknown>, read = bytes) {
  const running = new PinnedDigests({ ...nothing, ...known } as ConstructorParameters<typeof PinnedDigests>[0]);
  for (let at = 0; at < read.length; at += 1_000_003) running.update(read.subarray(at, at + 1_000_003));
  return running.digests();
}

const flipped = Buffer.from(bytes);
flipped[5] = (flipped[5] ?? 0) ^ 1;
const proven = { md5: hex("md5", bytes), sha256: hex("sha256", bytes), isProven: true };

describe("the digests of an original are proven by what the storage said of it", () => {
  it.each([
    ["the MD5 of an object of one part", { md5: hex("md5", bytes), crc64nvme: "of no use" }],
    ["the CRC64NVME of an object in parts", { crc64nvme: crc64nvme(bytes) }],
  ])("%s: other bytes are refused", (_, known) => {
    expect(digestsOf(known)).toEqual(proven);
    expect(digestsOf(known, flipped)).toBeNull();
  });

  it.each([8, 16])("an ETag of parts of %d MiB: other bytes prove nothing", (mib) => {
    const known = { etag: compositeEtag(mib * MIB) };
    expect(digestsOf(known)).toEqual(proven);
    expect(digestsOf(known, flipped)).toMatchObject({ isProven: false });
  });

  it.each([
    ["parts of an odd size", { etag: compositeEtag(7 * MIB) }],
    ["an encrypted object", { etag: `${"0".repeat(32)}-3` }],
    ["an ETag of another form", { etag: "opaque" }],
  ])("%s: the sender's SHA-256 proves them, if it is theirs", (_, known) => {
    expect(digestsOf(known)).toMatchObject({ isProven: false });
    expect(digestsOf({ ...known, sha256: hex("sha256", bytes) })).toEqual(proven);
    expect(digestsOf({ ...known, sha256: hex("sha256", "other") })).toMatchObject({ isProven: false });
  });
});
