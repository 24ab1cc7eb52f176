import { expect, test } from "vitest";
import { readAv1Values } from "@/lib/derive/heif/av1";

type Header = { isReduced?: boolean; bits10?: boolean; hasOrder?: boolean; hasCodePoints?: boolean; isFull: boolean };

/** The configuration of a grey picture of 64 × 48: its sequence header, field by field (AV1 specification, 5.5). */
function configuration({
  isReduced = true,
  bits10 = false,
  hasOrder = false,
  hasCodePoints = false,
  isFull,
}: Header): Buffer {
  const point = (tier: string) => ["000000000000", tier];
  const bits = [
    ...["000", "1", isReduced ? "1" : "0"],
    ...(isReduced ? ["00101"] : ["0", "0", "00001", ...point("010001"), ...point("00101")]),
    ...["0101", "0101", "111111", "101111"],
    ...(isReduced ? [] : ["0"]),
    "111",
    ...(isReduced ? [] : ["1111", hasOrder ? "111" : "0", "1", "1", hasOrder ? "110" : ""]),
    ...["010", bits10 ? "1" : "0", "1", hasCodePoints ? `1${"00000001".repeat(3)}` : "0", isFull ? "1" : "0"],
  ].join("");
  const padded = `${bits}1`.padEnd(Math.ceil((bits.length + 1) / 8) * 8, "0");
  const bytes = padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  return Buffer.from([0x81, 0x00, 0x1c, 0x00, 0x0a, bytes.length, ...bytes]);
}

const shapes: [string, Omit<Header, "isFull">][] = [
  ["a still picture", {}],
  ["of 10 bits", { bits10: true }],
  ["with code points", { hasCodePoints: true }],
  ["a sequence", { isReduced: false }],
  ["a sequence with order", { isReduced: false, hasOrder: true, hasCodePoints: true }],
];

test.each(shapes)("the range of grey is read from the sequence header: %s", (_what, shape) => {
  expect(readAv1Values(configuration({ ...shape, isFull: true }))).toEqual({ isGrey: true, range: "full" });
  expect(readAv1Values(configuration({ ...shape, isFull: false }))).toEqual({ isGrey: true, range: "limited" });
});

test("a header that ends early, or is none, says nothing", () => {
  const whole = configuration({ isFull: false });
  for (const length of [0, 3, 4, 6, 8]) expect(readAv1Values(whole.subarray(0, length)).range).toBeNull();
  expect(readAv1Values(Buffer.concat([whole.subarray(0, 4), Buffer.alloc(20, 0xff)])).range).toBeNull();
});
