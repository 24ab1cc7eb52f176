/**
 * Returns a path as a text that sorts, by its UTF-8 bytes, as people expect: folder by folder, numbers by value ("page-2" before
 * "page-10", whatever the script of their digits), letters whatever their case, accented letters beside plain ones, and a name
 * before its copies ("reef.jpg" before "reef (2).jpg"). Canonically equivalent paths give the same text. Of a path of 512 bytes it
 * has at most 1,536, which an index row can hold.
 */
export function sortPathOf(path: string): string {
  return path
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("ς", "σ")
    .normalize("NFD")
    .replace(/\p{Nd}+/gu, sortableNumber)
    .replaceAll(".", "\u0002")
    .replaceAll("/", "\u0001");
}

/**
 * Returns a number behind the count of its digits, so that texts compare as values: 7 → "17", 10 → "210". A count of nine or more
 * is written as nines and a last digit below nine: 9 → "90", 20 → "992".
 */
function sortableNumber(digits: string): string {
  const significant = Array.from(digits, digitValue).join("").replace(/^0+/, "");
  const { length } = significant;
  return `${"9".repeat(Math.floor(length / 9))}${length % 9}${significant}`;
}

const decimalDigit = /^\p{Nd}$/u;

/** Unicode keeps the digits of each script in code points that follow one another, from zero to nine. */
function digitValue(digit: string): number {
  const codePoint = digit.codePointAt(0) ?? 0;
  if (codePoint <= 0x39) return codePoint - 0x30;
  let first = codePoint;
  while (decimalDigit.test(String.fromCodePoint(first - 1))) first -= 1;
  return (codePoint - first) % 10;
}
