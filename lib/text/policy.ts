// Characters by what is wrong with them; the sets go into a character class. https://www.unicode.org/reports/tr36/
const control = "\\p{Cc}\\u2028\\u2029"; // C0, DEL, C1, and Unicode's line and paragraph separators.
const direction = "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
const tag = "\\u{e0000}-\\u{e007f}"; // Invisible copies of ASCII.

/** What is wrong with a text that may be neither stored nor shown, with the words of the message. */
const faults = [
  { of: /\p{Cs}/u, words: "is not valid Unicode" },
  { of: new RegExp(`[${control}]`, "u"), words: "contains control characters or line breaks" },
  { of: new RegExp(`[${direction}]`, "u"), words: "contains invisible characters that change the reading direction" },
  { of: new RegExp(`[${tag}]`, "u"), words: "contains invisible tag characters" },
] as const;

const anyFault = new RegExp(`[\\p{Cs}${control}${direction}${tag}]`, "gu");

/** Flags of regions, as of Scotland, are spelled with tag characters (https://www.unicode.org/reports/tr51/#emoji_tag_sequences). */
const flags = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,15}\u{e007f}/gu;

/**
 * Returns the words that say what is wrong with the characters of a text, to follow its name ("The label …"); null when nothing
 * is. Lone surrogates and control characters (the database refuses NUL), characters that make a text look like another one.
 */
export function characterFault(text: string): string | null {
  return faults.find(({ of }) => of.test(text))?.words ?? null;
}

/** The same for text that people write, in which flags may stand; with `lines` line breaks and tabs, too. */
export function textFault(text: string, { lines = false }: { lines?: boolean } = {}): string | null {
  const plain = text.replaceAll(flags, "");
  return characterFault(lines ? plain.replaceAll(/[\n\t]/g, "") : plain);
}

/** Returns text as it is stored: in NFC, trimmed, with LF between lines (a form sends CRLF). */
export function tidyText(text: string): string {
  return text
    .replaceAll(/\r\n?|[\u2028\u2029]/g, "\n")
    .normalize("NFC")
    .trim();
}

/**
 * Returns text with the code points of what `characterFault` refuses in its place, as `\u{202e}`: it can be shown and recorded,
 * and is neither the same as nor looks like another text that has no fault, where that may have no backslash.
 */
export function visibleText(text: string): string {
  return replaceFaults(text, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Returns a line of text that a program gives as it may be stored: without what `characterFault` refuses, cut; null for none. */
export function fitLine(text: string, maxCharacters: number): string | null {
  const fit = tidyText(replaceFaults(text, () => "")).slice(0, maxCharacters);
  // The cut may have parted two halves of a character.
  return replaceFaults(fit, () => "").trim() || null;
}

/** Replaces each character that `characterFault` refuses. */
export function replaceFaults(text: string, instead: (character: string) => string): string {
  return text.replaceAll(anyFault, instead);
}

/** Tells whether PostgreSQL can store a text: it refuses NUL, and lone surrogates are not UTF-8. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
