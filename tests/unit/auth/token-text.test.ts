import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hashOfToken, isTokenText, newTokenText } from "@/lib/auth/token/text";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

it("has 160 random bits and their CRC-32 in base 62", () => {
  const text = newTokenText();
  expect(text).toMatch(/^atoll_[0-9A-Za-z]{33}$/);
  const numberOf = (part: string) => [...part].reduce((sum, digit) => sum * 62n + BigInt(digits.indexOf(digit)), 0n);
  expect(numberOf(text.slice(6, 33)) < 1n << 160n).toBe(true);
  expect(numberOf(text.slice(33))).toBe(BigInt(crc32(text.slice(6, 33))));
  expect(isTokenText(text)).toBe(true);
});

it("is another one each time, with every digit at every place but the first", () => {
  const texts = Array.from({ length: 3_000 }, newTokenText);
  expect(new Set(texts).size).toBe(texts.length);
  for (let place = 7; place < 33; place += 1)
    expect(new Set(texts.map((text) => text[place])).size, `${place}`).toBe(digits.length);
});

it("with a typing error is told without a look at the database", () => {
  const text = newTokenText();
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: text.length - 1 }),
      fc.constantFrom(...digits, "-", " ", "é"),
      (at, digit) => {
        fc.pre(text[at] !== digit);
        expect(isTokenText(text.slice(0, at) + digit + text.slice(at + 1))).toBe(false);
      },
    ),
    { numRuns: 1_000 },
  );
  for (const other of [
    "",
    "atoll_",
    text.slice(0, -1),
    `${text}0`,
    ` ${text}`,
    `${text}\n`,
    text.toLowerCase().repeat(2),
  ])
    expect(isTokenText(other)).toBe(false);
});

it("is kept as its SHA-256", () => {
  const text = newTokenText();
  expect(hashOfToken(text)).toBe(createHash("sha256").update(text).digest("hex"));
});
