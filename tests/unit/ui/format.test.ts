import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatOffset,
  formatPosition,
  formatRecent,
} from "@/components/ui/format";

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

  it.each([
    ["2008-10-22T16:28:39Z", "22 Oct 2008, 16:28"],
    ["1871-03-01T00:05:00Z", "1 Mar 1871, 00:05"],
    ["2024-12-31T23:59:59.999Z", "31 Dec 2024, 23:59"],
  ])("a clock at %s shows %s", (clock, words) => {
    expect(formatClock(new Date(clock))).toBe(words);
  });

  it.each([
    ["2026-11-30T00:00:00Z", "00:00"],
    ["2026-11-29T23:59:00Z", "29 Nov, 23:59"],
    ["2025-11-30T14:05:00Z", "30 Nov 2025, 14:05"],
  ])("on 30 Nov 2026 the recent %s is %s", (clock, words) => {
    expect(formatRecent(new Date(clock), new Date("2026-11-30T15:00:00Z"))).toBe(words);
  });

  it.each([
    [540, "+09:00"],
    [0, "+00:00"],
    [-210, "-03:30"],
    [840, "+14:00"],
  ])("an offset of %i minutes is %s", (offsetMinutes, words) => {
    expect(formatOffset(offsetMinutes)).toBe(words);
  });

  it("names the hemisphere", () => {
    expect(formatPosition(43.46745, -11.88512)).toBe("43.46745° N, 11.88512° W");
  });
});
