import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatMoment, formatPosition } from "@/components/ui/format";

describe("formatted values", () => {
  it.each([
    [0, "0 B"],
    [1, "1 B"],
    [999, "999 B"],
    [1_000, "1 KB"],
    [1_536, "1.5 KB"],
    [999_499, "999 KB"],
    [999_999, "1 MB"],
    [64 * 1024 * 1024, "67.1 MB"],
    [5e12, "5 TB"],
    [9e18, "9,000 PB"],
  ])("%d bytes are %s", (sizeBytes, words) => {
    expect(formatBytes(sizeBytes)).toBe(words);
  });

  it("counts one and many", () => {
    expect([0, 1, 2_400].map((n) => formatCount(n, "item"))).toEqual(["0 items", "1 item", "2,400 items"]);
  });

  it("shows a camera's time as recorded", () => {
    expect(formatMoment("2008-10-22T16:28:39.000Z")).toMatch(/October 22, 2008.*4:28/);
  });

  it("names the hemisphere", () => {
    expect(formatPosition(43.46745, -11.88512)).toBe("43.46745° N, 11.88512° W");
  });
});
