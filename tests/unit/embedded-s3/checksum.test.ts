import { describe, expect, it } from "vitest";
import {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumDemand,
  runningChecksum,
} from "@/lib/embedded/s3/body/checksum";

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
