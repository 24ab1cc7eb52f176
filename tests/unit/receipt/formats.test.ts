import { describe, expect, it } from "vitest";
import { sumLine } from "@/lib/upload/receipt/sums";
import { tarHeader, tarPadding } from "@/lib/upload/receipt/tar";

const sum = "a".repeat(64);

describe("a line of SHA256SUMS", () => {
  it.each([
    ["folder/ü b.txt", `${sum}  folder/ü b.txt\n`],
    ["back\\slash", `\\${sum}  back\\\\slash\n`],
    ["line\nbreak\r", `\\${sum}  line\\nbreak\\r\n`],
    ["*star", `${sum}  *star\n`],
  ])("of %j", (name, line) => {
    expect(sumLine(sum, name)).toBe(line);
  });
});

describe("the header of a file in a tar archive", () => {
  it("is one block with a correct checksum", () => {
    const header = Buffer.from(tarHeader("bag/fetch.txt", 1_000_000, new Date(0)));
    expect(header.length).toBe(512);
    expect(Number.parseInt(header.toString("latin1", 124, 135), 8)).toBe(1_000_000);
    const recorded = Number.parseInt(header.toString("latin1", 148, 154), 8);
    expect(
      Buffer.from(header)
        .fill(" ", 148, 156)
        .reduce((total, byte) => total + byte, 0),
    ).toBe(recorded);
  });

  it("refuses a name or a size that does not fit", () => {
    expect(() => tarHeader("x".repeat(101), 1, new Date())).toThrow(RangeError);
    expect(() => tarHeader("ü", 1, new Date())).toThrow(RangeError);
    expect(() => tarHeader("x", 8 ** 11, new Date())).toThrow(RangeError);
  });

  it.each([
    [0, 0],
    [1, 511],
    [512, 0],
    [513, 511],
  ])("%d bytes are filled up with %d", (sizeBytes, padding) => {
    expect(tarPadding(sizeBytes).length).toBe(padding);
  });
});
