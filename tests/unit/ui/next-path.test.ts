import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextPath } from "@/components/auth/next-path";

describe("the path after sign-in", () => {
  it("keeps a path of this site with its query and fragment", () => {
    expect(nextPath("/c/reef/settings?tab=1#top")).toBe("/c/reef/settings?tab=1#top");
  });

  it.each([
    undefined,
    ["/a", "/b"],
    "",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/\t/evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/.//evil.example",
    "/x/..//evil.example",
    "c/reef",
  ])("sends %j to the collections", (asked) => {
    expect(nextPath(asked)).toBe("/collections");
  });

  it("never leaves the site, whatever is requested", () => {
    const piece = fc.constantFrom(
      "/",
      "\\",
      "//",
      ".",
      "..",
      "@",
      ":",
      "\t",
      "\n",
      "?",
      "#",
      "evil.example",
      "https:",
      "%2f",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const url = new URL(nextPath(pieces.join("")), "https://atoll.example/sign-in");
        expect(url.origin).toBe("https://atoll.example");
      }),
    );
  });
});
