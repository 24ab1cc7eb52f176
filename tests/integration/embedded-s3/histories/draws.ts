import fc from "fast-check";

/** Keys that trip servers: near each other, beyond the BMP, with what URLs, XML and HTML escape, and as long as may be. */
const keys = [
  ...["a", "a/", "a/b", "a//b", "a/b/c", "a0", "A", "case", "CASE", "/", "/a", "//"],
  ...["é", "e\u0301", "～", "\uffee", "😀", "😀/x", "😀😀", "\u{10ffff}", "日本/語"],
  ...[
    " ",
    " a",
    "a ",
    "a b",
    "+",
    "a+b",
    "%",
    "a%b",
    "a%2Fb",
    "%41",
    "?",
    "a?b=c#d",
    "&amp;",
    "<a>\"'",
    "a\\b",
    "!'()*~",
  ],
  ...["\u0001", "a\u0001", "a\nb", "a\rb", "\u007f", "..."],
  ...["x".repeat(1024), "é".repeat(512), `${"y/".repeat(511)}é`, `${"y/".repeat(511)}z`],
];

/** Mostly so few that a history comes back to the same ones. */
export const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a/b", "a/", "😀/x") },
  { weight: 2, arbitrary: fc.constantFrom(...keys) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom("a", "b", "/", "é", "😀", "%", "+"), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join("")),
  },
);

/** One of the two buckets, the first one more often. */
export const which = fc.constantFrom(0, 0, 0, 1) as fc.Arbitrary<0 | 1>;

/** Number of a version, none for the newest. */
export const version = fc.option(fc.nat(4), { nil: undefined });

/** Sizes around what is kept in the database and what in files. */
const size = fc.constantFrom(0, 1, 300, 32_768, 32_769, 100_000);

export interface Body {
  readonly sizeBytes: number;
  readonly seed: number;
}

export const body: fc.Arbitrary<Body> = fc.record({ sizeBytes: size, seed: fc.nat(9999) });

/** Now and then large enough not to be the last one. */
export const partBody: fc.Arbitrary<Body> = fc.record({
  sizeBytes: fc.oneof({ weight: 5, arbitrary: size }, { weight: 2, arbitrary: fc.constant(5 * 1024 * 1024) }),
  seed: fc.nat(9999),
});

export function bytesOf({ sizeBytes, seed }: Body): Buffer {
  return Buffer.alloc(sizeBytes, `${seed}|`);
}

const prefixes = ["a", "a/", "a//", "é", "😀", "😀/", "CA", "%", " ", "y/", "y/".repeat(300), "zz", "/"];

export const listing = fc.record({
  prefix: fc.oneof(fc.constant(""), fc.constantFrom(...prefixes)),
  delimiter: fc.constantFrom("", "", "", "/", "/", "/", "//", "a", "é", "%", "b", "😀"),
  after: fc.oneof(fc.constant(""), fc.constant(""), key, fc.constantFrom("a/", "😀/", "y/", "zz", "\u{10ffff}")),
  limit: fc.constantFrom(1, 1, 2, 2, 3, 7, 1000, 0),
  isEncoded: fc.boolean(),
});
