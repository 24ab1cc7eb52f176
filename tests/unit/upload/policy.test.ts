import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partCountOf, partLength, partSizeOf, sizeProblem, sizeText, uploadPolicy } from "@/lib/upload/policy";

const MIB = 1024 * 1024;
const { maxFileBytes, maxParts, minPartBytes, multipartFromBytes } = uploadPolicy;

describe("the parts of a file", () => {
  it.each([
    [multipartFromBytes, 8 * MIB, 2],
    [8 * MIB * 10_000, 8 * MIB, 10_000],
    [8 * MIB * 10_000 + 1, 16 * MIB, 5_001],
    [maxFileBytes, 1024 * MIB, 5_120],
  ])("of %d bytes", (sizeBytes, partSize, partCount) => {
    expect(partSizeOf(sizeBytes)).toBe(partSize);
    expect(partCountOf(sizeBytes, partSize)).toBe(partCount);
  });

  it("are as small as allowed, at most 10,000, none of them empty", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: maxFileBytes }), (sizeBytes) => {
        const partSize = partSizeOf(sizeBytes);
        const partCount = partCountOf(sizeBytes, partSize);
        expect(partCount).toBeLessThanOrEqual(maxParts);
        expect(partSize * (partCount - 1)).toBeLessThan(sizeBytes);
        expect(partSize * partCount).toBeGreaterThanOrEqual(sizeBytes);
        const lastLength = partLength(sizeBytes, partSize, partCount);
        expect(partSize * (partCount - 1) + lastLength).toBe(sizeBytes);
        expect(partLength(sizeBytes, partSize, 1)).toBe(partCount === 1 ? sizeBytes : partSize);
        expect(partSize === minPartBytes || (partSize / 2) * maxParts < sizeBytes).toBe(true);
      }),
    );
  });

  it("do not exist beyond 5 TiB", () => {
    expect(() => partSizeOf(maxFileBytes + 1)).toThrow(RangeError);
  });
});

describe("sizes as text", () => {
  it("state the limit, and never show a larger size as the limit", () => {
    expect(sizeProblem(maxFileBytes)).toBeNull();
    expect(sizeProblem(maxFileBytes + 1)).toBe("The file has 5.1 TiB; files up to 5 TiB can be uploaded here.");
    expect(sizeProblem(0)).toBeNull();
  });

  it.each([
    [1, "1 byte"],
    [2, "2 bytes"],
    [1023, "1,023 bytes"],
    [1536 * MIB, "1.5 GiB"],
    [64 * MIB, "64 MiB"],
  ])("%d", (sizeBytes, text) => {
    expect(sizeText(sizeBytes)).toBe(text);
  });
});
