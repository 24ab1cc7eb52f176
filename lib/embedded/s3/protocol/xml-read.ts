import { S3Error } from "./errors";
import { escapeXml } from "./xml-write";

// https://www.w3.org/TR/xml/#charsets; with the u flag a surrogate counts only where it is alone.
const notInXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** One element of a request body. Namespaces and attributes are dropped. */
export interface XmlNode {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlNode[];
}

const MAX_DEPTH = 16;
/** A completion of 10,000 parts with a checksum by each of S3's algorithms has fewer. */
const MAX_ELEMENTS = 100_000;
const entities = new Map(Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }));
const token =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>|([^<]+)|</g;

/**
 * Parses a request body. Made for S3's small documents: no DTD, no entities but the five of XML, at most 16 levels and
 * 100,000 elements. White space in text is kept, because keys may begin or end with it. Characters outside XML 1.0 are
 * rejected, literally and as references, as by S3.
 * @throws S3Error MalformedXML
 */
export function parseXml(source: string): XmlNode {
  type Open = { name: string; text: string; children: XmlNode[] };
  const top: Open = { name: "", text: "", children: [] };
  const stack: Open[] = [top];
  let elements = 0;
  if (notInXml.test(source)) malformed();
  for (const match of source.replace(/^\ufeff/, "").matchAll(token)) {
    const [whole, cdata, closing, qualified, empty, text] = match;
    const current = stack[stack.length - 1] ?? malformed();
    if (cdata !== undefined) current.text += cdata;
    else if (text !== undefined) current.text += unescapeXml(text);
    else if (qualified === undefined) {
      if (whole === "<") malformed();
    } else {
      const name = qualified.slice(qualified.indexOf(":") + 1);
      if (closing) {
        if (current.name !== name || stack.length === 1) malformed();
        stack.pop();
        continue;
      }
      if (++elements > MAX_ELEMENTS || stack.length > MAX_DEPTH) malformed();
      const node: Open = { name, text: "", children: [] };
      current.children.push(node);
      if (!empty) stack.push(node);
    }
  }
  const [root, ...more] = top.children;
  if (!root || more.length > 0 || stack.length !== 1 || top.text.trim() !== "") malformed();
  return root as XmlNode;
}

function unescapeXml(text: string): string {
  return text.replace(/&([^;&\s]*);?/g, (whole, body: string) => {
    if (!whole.endsWith(";")) malformed();
    const numeric = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(body);
    if (!numeric) return entities.get(body) ?? malformed();
    const point = numeric[1] ? Number.parseInt(numeric[1], 16) : Number(numeric[2]);
    const char = point > 0x10ffff ? "\0" : String.fromCodePoint(point);
    return notInXml.test(char) ? malformed() : char;
  });
}

function malformed(): never {
  throw new S3Error("MalformedXML");
}

/** The first child of that name. */
export function child(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.find((one) => one.name === name);
}

export function childrenOf(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  return node?.children.filter((one) => one.name === name) ?? [];
}

/** The text of the first child of that name, `undefined` without such a child. */
export function textOf(node: XmlNode | undefined, name: string): string | undefined {
  return child(node, name)?.text;
}

/** @throws S3Error MalformedXML when the root is another element. */
export function expectRoot(source: string, name: string): XmlNode {
  const root = parseXml(source);
  return root.name === name ? root : malformed();
}

/** Renders a node as XML, for configurations that are returned as they were put. */
export function renderXml(node: XmlNode): string {
  const inner = node.children.length > 0 ? node.children.map(renderXml).join("") : escapeXml(node.text);
  return `<${node.name}>${inner}</${node.name}>`;
}
