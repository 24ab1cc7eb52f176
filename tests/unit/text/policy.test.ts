import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { characterFault, fitLine, isStorable, tidyText, visibleText } from "@/lib/text/policy";
import { textBlock, textLine } from "@/lib/text/schema";

const line = textLine("The label");
const messageOf = (text: string) => line.safeParse(text).error?.issues[0]?.message;

describe("a line of text", () => {
  it.each([
    ["a\0", "The label contains control characters or line breaks."],
    ["two\nlines", "The label contains control characters or line breaks."],
    ["a\u202eb", "The label contains invisible characters that change the reading direction."],
    ["a\u{e0041}", "The label contains invisible tag characters."],
    ["a\ud800", "The label is not valid Unicode."],
  ])("%j is refused in words", (text, message) => expect(messageOf(text)).toBe(message));

  it("is trimmed and in NFC", () => {
    expect(line.parse("  Ame\u0301lie\u00a0\n")).toBe("Am\u00e9lie");
  });

  it("may have what languages and emoji need", () => {
    const fine = [
      "שונית 🐠",
      "مرجان",
      "क\u094d\u200dष",
      "👩\u200d🔬",
      "e\u20dd",
      "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    ];
    for (const text of fine) expect(line.parse(text)).toBe(text.normalize("NFC"));
  });
});

it("a block of text has lines and tabs, in one form", () => {
  expect(textBlock("The description").parse("one\r\n\ttwo\rthree\u2028four\n")).toBe("one\n\ttwo\nthree\nfour");
  expect(textBlock("The description").safeParse("a\u000bb").success).toBe(false);
});

it("tidying again changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(tidyText(tidyText(text))).toBe(tidyText(text));
    }),
  );
});

describe("what is refused", () => {
  const hidden = fc.constantFrom("\0", "\u202e", "\u{e0041}", "\ud800", "\u2028", "a", "\u0301", "\udc00", "\ufffd");
  const any = fc.array(hidden).map((pieces) => pieces.join(""));

  it("is shown by its code points: visible, storable, and not as another text", () => {
    expect(visibleText("photo\u202egpj.exe")).toBe("photo\\u{202e}gpj.exe");
    fc.assert(
      fc.property(any, (text) => {
        const shown = visibleText(text);
        expect(characterFault(shown)).toBeNull();
        expect(isStorable(shown)).toBe(true);
        expect(shown.includes("\\")).toBe(characterFault(text) !== null);
      }),
    );
  });

  it("is taken out of a line that a program gives, which is cut", () => {
    expect(fitLine("  A\u202eda\0\nLovelace ", 120)).toBe("AdaLovelace");
    expect(fitLine("\u202e\0 ", 120)).toBeNull();
    expect(fitLine(`${"x".repeat(119)}🐠`, 120)).toBe("x".repeat(119));
    fc.assert(
      fc.property(
        any,
        fc.nat(9),
        (text, most) =>
          textLine("x")
            .max(most)
            .safeParse(fitLine(text, most) ?? "").success,
      ),
    );
  });

  it("includes everything that PostgreSQL refuses", () => {
    fc.assert(fc.property(any, (text) => isStorable(text) || characterFault(text) !== null));
  });
});
