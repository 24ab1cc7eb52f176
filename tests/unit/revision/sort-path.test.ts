import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortPathOf } from "@/lib/revision/policy";

/** As PostgreSQL compares the column: by bytes. */
const compareKeys = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const inOrder = (paths: readonly string[]) => paths.toSorted((a, b) => compareKeys(sortPathOf(a), sortPathOf(b)));

const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });

describe("paths in natural order", () => {
  it.each([
    ["numbers by value", ["page-1", "page-2", "page-9", "page-10", "page-11", "page-100"]],
    ["a camera's names", ["DSC_0009.JPG", "DSC_0010.JPG", "DSC_9999.JPG", "DSC_10000.JPG"]],
    ["folders by number, and each with its own", ["2/1.jpg", "2/9/1.jpg", "2/10.jpg", "10/1.jpg"]],
    ["a folder before others that begin like it", ["reef/z.jpg", "reef.4/a.jpg", "reef 2/a.jpg", "reef-3/a.jpg"]],
    ["a name before its copies", ["reef.jpg", "reef (2).jpg", "reef-edited.jpg"]],
    ["letters whatever their case", ["Apple.jpg", "banana.jpg", "Cherry.jpg"]],
    ["accented letters beside plain ones", ["ecole.jpg", "école.jpg", "Über.jpg", "zebra.jpg"]],
    ["several numbers", ["s1e2", "s1e10", "s2e1", "s10e1"]],
    ["nine digits and more", ["a12345678", "a123456789", "a1234567890", `a${"9".repeat(17)}`, `a1${"0".repeat(17)}`]],
    ["zeros", ["a0b", "a1b", "ab"]],
    ["digits of another script by value", ["ص٩", "ص١٠", "ص١٠٠"]],
    ["digits of several scripts", ["p٢", "p3", "p４", "p᧕"]],
  ])("%s", (_, paths) => {
    fc.assert(
      fc.property(shuffled(paths), (mixed) => {
        expect(inOrder(mixed)).toEqual(paths);
      }),
    );
  });

  it("is the same for canonically equivalent paths, either case, and any leading zeros", () => {
    for (const [one, other] of [
      ["Fjörður/é.jpg".normalize("NFC"), "Fjörður/é.jpg".normalize("NFD")],
      ["IMG_1.JPG", "img_1.jpg"],
      ["ΟΔΟΣ", "οδος"],
      ["page-007", "page-7"],
      ["page-٧", "page-7"],
      ["a000", "a0"],
      ["각".normalize("NFC"), "각".normalize("NFD")],
    ] as const)
      expect(sortPathOf(one), one).toBe(sortPathOf(other));
  });
});

// A second way to the same order: by comparing parts instead of making a text of them.
type Part = { number: bigint } | { text: string };

function partsOf(path: string): Part[] {
  const plain = path.normalize("NFC").toLowerCase().replaceAll("ς", "σ").normalize("NFD");
  return (plain.match(/\p{Nd}+|\P{Nd}/gu) ?? []).map((part) =>
    /^\p{Nd}/u.test(part) ? { number: BigInt(Array.from(part, digitOf).join("")) } : { text: part },
  );
}

const zeros = ["0", "٠", "०", "０", "𝟎", "𝟘", "𑛐"];
const digitOf = (digit: string) => {
  const code = digit.codePointAt(0) ?? 0;
  for (const zero of zeros) {
    const first = zero.codePointAt(0) ?? 0;
    if (code >= first && code < first + 10) return code - first;
  }
  throw new Error(`${digit} is of no script of this test`);
};

const lowest: Record<string, number> = { "/": -2, ".": -1 };
const weightOf = (part: Part) => ("number" in part ? 0x30 : (lowest[part.text] ?? part.text.codePointAt(0) ?? 0));

function compareParts(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const [index, one] of left.entries()) {
    const other = right[index];
    if (!other) return 1;
    if ("number" in one && "number" in other) {
      if (one.number !== other.number) return one.number < other.number ? -1 : 1;
    } else if (weightOf(one) !== weightOf(other)) return weightOf(one) - weightOf(other);
  }
  return left.length - right.length;
}

describe("the order of any paths", () => {
  const digit = fc.constantFrom(...zeros, "1", "2", "9", "٣", "９", "𝟗", "𑛓");
  const letter = fc.constantFrom(
    "a",
    "A",
    "b",
    "é",
    "E\u0301",
    "Σ",
    "ς",
    "/",
    ".",
    " ",
    "-",
    "_",
    "日",
    "각",
    "🐠",
    "(",
  );
  const name = fc.string({ unit: fc.oneof(digit, letter), maxLength: 24 });
  const long = fc.tuple(name, fc.stringMatching(/^[0-9]{1,60}$/), name).map((parts) => parts.join(""));
  const path = fc.oneof(name, long);

  it("is that of their parts: letters as letters, numbers as numbers", () => {
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(Math.sign(compareKeys(sortPathOf(a), sortPathOf(b)))).toBe(Math.sign(compareParts(a, b)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("is total and transitive", () => {
    const any = fc.oneof(path, fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(any, any, any, (...paths) => {
        const [a, b, c] = inOrder(paths).map(sortPathOf) as [string, string, string];
        for (const [low, high] of [
          [a, b],
          [b, c],
          [a, c],
        ] as const) {
          expect(compareKeys(low, high)).toBeLessThanOrEqual(0);
          expect(compareKeys(high, low) === 0).toBe(low === high);
        }
      }),
    );
  });

  it("has a text that PostgreSQL can store, and an index row can hold, for every path of 512 bytes", () => {
    const worst = ["각", "\u0390", "é", "İ", "1a", "Ⱥ", "\u{1d160}", "😀"].map((unit) =>
      unit.repeat(Math.floor(512 / Buffer.byteLength(unit))),
    );
    const sizes = worst.map((one) => Buffer.byteLength(sortPathOf(one)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_536);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 512 }), (text) => {
        const key = sortPathOf(text);
        expect(key.length).toBeGreaterThan(0);
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(3 * Buffer.byteLength(text));
        if (!text.includes("\0")) expect(key).not.toContain("\0");
      }),
    );
  });
});
