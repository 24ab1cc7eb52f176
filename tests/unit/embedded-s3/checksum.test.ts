import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CRC32C, CRC64NVME, crcText } from "@/lib/checksum/crc-kind";
import {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumDemand,
  runningChecksum,
} from "@/lib/embedded/s3/hashing/checksum";
import { checksumTypes, partsChecksum } from "@/lib/embedded/s3/hashing/parts-checksum";

const compute = (algorithm: ChecksumAlgorithm, ...chunks: Uint8Array[]) => {
  const running = runningChecksum(algorithm);
  for (const chunk of chunks) running.update(chunk);
  return running.digest();
};
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

describe("checksums", () => {
  // Check values of the CRC catalogue for "123456789"; SHA values from FIPS 180.
  it.each([
    ["CRC32", "cbf43926"],
    ["CRC32C", "e3069283"],
    ["CRC64NVME", "ae8b14860a799888"],
    ["SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
    ["SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"],
  ] as const)("%s of 123456789", (algorithm, hex) => {
    expect(compute(algorithm, Buffer.from("123456789"))).toBe(base64(hex));
  });

  it.each(checksumAlgorithms)("%s is the same however the bytes are cut", (algorithm) => {
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7919) & 255));
    const whole = compute(algorithm, bytes);
    for (const cut of [1, 7, 8, 9, 500, 993])
      expect(compute(algorithm, bytes.subarray(0, cut), bytes.subarray(cut))).toBe(whole);
    expect(compute(algorithm, Buffer.concat([bytes, Buffer.from([1])]))).not.toBe(whole);
  });
});

describe("the compiled CRCs", () => {
  it.each([
    ["CRC32C", CRC32C],
    ["CRC64NVME", CRC64NVME],
  ] as const)("%s is the one of its definition, bit by bit, for any bytes", (algorithm, kind) => {
    const bitByBit = (bytes: Uint8Array) => {
      const ones = (1n << BigInt(kind.bits)) - 1n;
      let register = ones;
      for (const byte of bytes) {
        register ^= BigInt(byte);
        for (let i = 0; i < 8; i++) register = register & 1n ? (register >> 1n) ^ kind.polynomial : register >> 1n;
      }
      return crcText(kind, register ^ ones);
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => compute(algorithm, bytes) === bitByBit(bytes)),
      { numRuns: 50 },
    );
  });

  it("continue across their buffer", () => {
    const bytes = randomBytes(300_003);
    const cut = 128 * 1024;
    for (const algorithm of ["CRC32C", "CRC64NVME"] as const)
      expect(compute(algorithm, bytes)).toBe(compute(algorithm, bytes.subarray(0, cut - 1), bytes.subarray(cut - 1)));
  });
});

describe("checksums of multipart objects", () => {
  const parts = (algorithm: ChecksumAlgorithm, pieces: Uint8Array[]) =>
    pieces.map((piece) => ({ value: compute(algorithm, piece), sizeBytes: piece.length }));

  it.each(["CRC32", "CRC32C", "CRC64NVME"] as const)("%s of the whole comes from those of the parts", (algorithm) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 6 }), (pieces) => {
        const combined = partsChecksum(algorithm, "FULL_OBJECT", parts(algorithm, pieces));
        return combined.value === compute(algorithm, Buffer.concat(pieces));
      }),
      { numRuns: 100 },
    );
  });

  it("lengths beyond 32 bits count: x^n and x^(n + 2^35) differ", () => {
    const [first, long, longer] = [
      { value: compute("CRC64NVME", Buffer.from("a")), sizeBytes: 1 },
      { value: compute("CRC64NVME", Buffer.from("b")), sizeBytes: 5 },
      { value: compute("CRC64NVME", Buffer.from("b")), sizeBytes: 5 + 2 ** 32 },
    ];
    const whole = (...of: { value: string; sizeBytes: number }[]) =>
      partsChecksum("CRC64NVME", "FULL_OBJECT", of).value;
    expect(whole(first, long)).not.toBe(whole(first, longer));
  });

  it("a composite one is the checksum of the parts' with their number", () => {
    const pieces = [Buffer.from("a"), Buffer.from("bc")];
    const composite = partsChecksum("SHA256", "COMPOSITE", parts("SHA256", pieces));
    const values = pieces.map((piece) => Buffer.from(compute("SHA256", piece), "base64"));
    expect(composite.value).toBe(`${compute("SHA256", ...values)}-2`);
  });

  it("SHA is composite only, CRC64NVME whole only", () => {
    expect(checksumAlgorithms.map((algorithm) => checksumTypes(algorithm).join())).toEqual([
      "COMPOSITE,FULL_OBJECT",
      "COMPOSITE,FULL_OBJECT",
      "FULL_OBJECT",
      "COMPOSITE",
      "COMPOSITE",
    ]);
  });
});

describe("what a client demands", () => {
  const demand = (fields: Record<string, string>) => checksumDemand((name) => fields[name]);

  it("a value, a trailer, or nothing", () => {
    expect(demand({ "x-amz-checksum-crc32": "AAAAAA==" })).toEqual({ algorithm: "CRC32", expected: "AAAAAA==" });
    expect(demand({ "x-amz-trailer": "x-amz-checksum-sha256" })).toEqual({ algorithm: "SHA256", expected: undefined });
    expect(demand({})).toBeUndefined();
  });

  it.each([
    ["two values", { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-crc32c": "AAAAAA==" }],
    ["a value of another length", { "x-amz-checksum-crc32": "AAAA" }],
    ["a value that is no base64", { "x-amz-checksum-crc32": "????????" }],
    ["an unknown trailer", { "x-amz-trailer": "x-amz-checksum-md4" }],
  ])("%s is refused", (_, fields) => {
    expect(() => demand(fields)).toThrow(expect.objectContaining({ code: "InvalidRequest" }));
  });
});
