import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxPathBytes, normalizePath, pathProblem } from "@/lib/path/policy";
import { mediaPath } from "@/lib/path/schema";

/** By the words that name the rule: paths that break it. */
const refused: Record<string, string[]> = {
  "has no name": [""],
  "starts with a slash": ["/", "/etc/passwd"],
  "empty folder name": ["a//b", "a/", "a/b/"],
  "could leave its folder": [".", "..", "../a", "a/../b", "a/./b", "a/.."],
  "a backslash": ["a\\b", "a/..\\b", "\\\\server\\share", "C\\x"],
  "a drive of Windows": ["C:", "c:x.jpg", "a/Z:/b", "C:/Windows"],
  "is a device": [
    ...["CON", "prn", "Aux", "nul", "COM1", "com9", "LPT1", "lpt9", "COM¹", "com²", "LPT³", "CONIN$", "conout$"],
    ...["con.txt", "a/NUL.tar.gz", "aux/b.jpg", "nul .txt", "nul:x", "COM1.jpg"],
  ],
  "ends with a dot": ["a.", "a./b", "a...", "..."],
  "ends with a space": ["a ", "a /b", "a.jpg "],
  "reading direction": ["\u200e", "\u200f", "\u061c", "\u202a", "\u202e", "\u2066", "\u2069"].map(
    (hidden) => `photo${hidden}gpj.exe`,
  ),
  "tag characters": ["\u{e0000}", "\u{e0041}", "\u{e007f}"].map((hidden) => `a${hidden}.jpg`),
  "control characters": ["\0", "\t", "\n", "\r", "\u001f", "\u007f", "\u0085", "\u2028", "\u2029"].map(
    (hidden) => `a${hidden}b`,
  ),
  "not valid Unicode": ["\ud800", "a\udfff.jpg"],
  "composed form": ["e\u0301.jpg", "\u212b"],
  "513 bytes long": ["x".repeat(513), `${"é".repeat(256)}x`],
};

const accepted = [
  ...["a", ".hidden", "..a", "a..b", "a b", " a", "a.b.c", "~", "-", "ab:c", "12:30:00.jpg"],
  ...["console", "con1.txt", "com", "com0.txt", "COM10", "lpt", "nullable", "auxiliary/x", "prn-1", "a.con", "xnul"],
  // Disks of Windows take none of these, and NTFS the second for a stream of "photo.jpg".
  ...["a?b.jpg", "photo.jpg:x", "a*", "<a", "a>", "a|b", 'a"b', 'a*?"<>|.jpg'],
  ...["100%.jpg", "#1", "’quoted’", "Ångström", "שונית/🐠.jpg", "a\u200db", "👩‍🔬.png", "\ufffd"],
  ...["x".repeat(maxPathBytes), `${"é".repeat(255)}xx`],
];

describe("one rule for paths", () => {
  it.each(Object.entries(refused).flatMap(([words, paths]) => paths.map((one) => [words, one] as const)))(
    "says %s: %j",
    (words, refusedPath) => {
      expect(pathProblem(refusedPath)).toContain(words);
      expect(mediaPath.safeParse(refusedPath).error?.issues[0]?.message).toContain(words);
    },
  );

  it.each(accepted)("accepts %j", (fine) => {
    expect(pathProblem(fine)).toBeNull();
    expect(mediaPath.parse(fine)).toBe(fine);
  });

  it("accepts only what stays below its folder, under its own name, in every system's reading of paths", () => {
    const piece = fc.constantFrom(
      ..."aé.. :\\/C",
      "con",
      "nul",
      "com1",
      "..",
      "/",
      ".jpg",
      "\u0301",
      "\u202e",
      "~",
      "$",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const candidate = normalizePath(pieces.join(""));
        fc.pre(pathProblem(candidate) === null);
        expect(path.posix.join("/base", candidate)).toBe(`/base/${candidate}`);
        expect(path.win32.resolve("D:\\base", candidate)).toBe(`D:\\base\\${candidate.replaceAll("/", "\\")}`);
        expect(candidate).toBe(candidate.normalize("NFC"));
      }),
      { numRuns: 1_000 },
    );
  });
});
