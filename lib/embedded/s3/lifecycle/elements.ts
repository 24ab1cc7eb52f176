import { S3Error } from "../protocol/errors";
import { textOf, type XmlNode } from "../protocol/xml-read";

/** Checks the children of an element: only these names, each at most once unless repeatable. @throws S3Error MalformedXML */
export function requireElements(node: XmlNode, names: readonly string[], repeatable: readonly string[] = []): void {
  const seen = new Set<string>();
  for (const { name } of node.children) {
    if (!names.includes(name) || (seen.has(name) && !repeatable.includes(name))) throw new S3Error("MalformedXML");
    seen.add(name);
  }
}

/** The number in a child, `undefined` without such a child. @throws S3Error MalformedXML for another text */
export function wholeNumber(node: XmlNode, name: string): number | undefined {
  const text = textOf(node, name)?.trim();
  if (text === undefined) return undefined;
  if (/^[+-]?\d{1,16}$/.test(text)) return Number(text);
  throw new S3Error("MalformedXML");
}
