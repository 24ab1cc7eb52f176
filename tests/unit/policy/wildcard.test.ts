import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { root } from "@/lib/cli/install.mjs";
import { compileWildcard } from "@/lib/policy/wildcard";

const escaped = (char: string) => `$\{${char}}`;

describe("wildcards", () => {
  it.each<[pattern: string, text: string, matches: boolean]>([
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["**", "any/thing\n", true],
    ["a*", "a", true],
    ["a*c", "abcbc", true],
    ["a*c", "abcb", false],
    ["*b*b", "b", false],
    ["*b*b", "abab", true],
    ["a*ab", "aab", true],
    ["a*ab", "ab", false],
    ["*a?c*", "xxabcx", true],
    ["a*?b", "ab", false],
    ["a*?b", "axxb", true],
    ["?a*?a?", "xaxax", true],
    ["?a*?a?", "xaxaxx", false],
    ["?a*?a?", "xaaaxax", true],
    ["x?", "x", false],
    ["*?*", "", false],
    ["?", "\u{1f433}", true],
    ["??", "\u{1f433}", false],
    ["a.c", "abc", false],
    ["[a]+(b)|^$\\", "[a]+(b)|^$\\", true],
    [`x${escaped("*")}`, "x*", true],
    [`x${escaped("*")}`, "xy", false],
    [`x${escaped("?")}*`, "x?y", true],
    [`x${escaped("?")}`, "xy", false],
    [`${escaped("$")}*`, "$x", true],
  ])("%j on %j: %s", (pattern, text, matches) => {
    expect(compileWildcard(pattern).test(text)).toBe(matches);
  });

  it("are case-sensitive unless requested otherwise", () => {
    expect(compileWildcard("s3:Get*").test("s3:getobject")).toBe(false);
    expect(compileWildcard("s3:Get*", true).test("S3:gETobject")).toBe(true);
  });

  it("fit what a regular expression of them fits", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\u{1f433}"), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "\u{1f433}", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        const expected = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
        expect(compileWildcard(pattern).test(text)).toBe(expected.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("in great number take no longer than the texts are long", async () => {
    const script = `
      import { compileWildcard } from "./lib/policy/wildcard.ts";
      process.exit(compileWildcard("*a".repeat(40) + "*b").test("a".repeat(1024)) ? 1 : 0);`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    // In a process of its own: a search that tries all ways would not end, and no time limit stops this one.
    await expect(promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 })).resolves.toBeDefined();
  });
});
