/** The little reading of XML that tests need, not that of the store. */

const named: Record<string, string> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

/** The text of the first element of that name, "" without one. */
export function field(xml: string, name: string): string {
  return unescaped(new RegExp(`<${name}>([^<]*)`).exec(xml)?.[1] ?? "");
}

/** All elements with one of the names (`A|B`) and their inner XML, in order. */
export function elements(xml: string, names: string): { name: string; inner: string }[] {
  const found = xml.matchAll(new RegExp(`<(${names})>(.*?)</\\1>`, "gs"));
  return [...found].map(([, name = "", inner = ""]) => ({ name, inner }));
}
