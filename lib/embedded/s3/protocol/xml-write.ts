/** Builds XML answers from strings: `tag` takes ready children, `leaf` takes text and escapes it. */

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
const special = /[&<>"'\p{Cc}\ufffe\uffff]/gu;
const named: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Escapes text. Control characters become references, as in S3; `encoding-type=url` avoids them. */
export function escapeXml(text: string): string {
  return text.replace(special, (char) => named[char] ?? `&#x${char.charCodeAt(0).toString(16)};`);
}

export function leaf(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? "" : `<${name}>${typeof value === "string" ? escapeXml(value) : value}</${name}>`;
}

export function tag(name: string, ...children: string[]): string {
  return `<${name}>${children.join("")}</${name}>`;
}

/** A whole document with S3's namespace on its root. */
export function xmlDocument(root: string, ...children: string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${children.join("")}</${root}>`;
}

/** S3's error document, which carries no namespace. */
export function errorDocument(fields: Readonly<Record<string, string>>): string {
  const children = Object.entries(fields).map(([name, value]) => leaf(name, value));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${children.join("")}</Error>`;
}
