import sax, { type SAXParser, type Tag } from "sax";

/** The properties wanted, by their namespace (XMP specification, part 2) and its usual prefix, which some files do not declare. */
const namespaces = [
  {
    names: ["http://ns.adobe.com/exif/1.0/", "exif"],
    properties: ["DateTimeOriginal", "DateTimeDigitized", "GPSLatitude", "GPSLongitude", "GPSTimeStamp"],
  },
  { names: ["http://ns.adobe.com/photoshop/1.0/", "photoshop"], properties: ["DateCreated"] },
  { names: ["http://ns.adobe.com/xap/1.0/", "xmp"], properties: ["CreateDate"] },
] as const;

type XmpName = (typeof namespaces)[number]["properties"][number];
export type XmpFacts = Partial<Record<XmpName, string>>;

const wanted = new Map<string, XmpName>(
  namespaces.flatMap(({ names, properties }) =>
    names.flatMap((name) => properties.map((property) => [`${name} ${property}`, property] as const)),
  ),
);

const rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const description = [`${rdf} RDF`, `${rdf} Description`] as const;

// Packets beyond these numbers are damaged or hostile. They bound the work: an error costs much, and a name more the deeper it is.
const maxErrors = 100;
const maxDepth = 100;
const maxValueLength = 100;
const partLength = 64 * 1024;

/** Reads the properties of a packet, whichever prefixes it uses; of a damaged packet, those before the damage at least. */
export function readXmp(packet: Buffer): XmpFacts {
  const reader = new Reader();
  try {
    reader.read(textOf(packet));
  } catch (error) {
    // The parser itself throws for a few hostile names.
    if (!(error instanceof Stop) && !(error instanceof TypeError)) throw error;
  }
  return reader.facts;
}

/** Thrown to end the parsing of a packet beyond the limits. */
class Stop extends Error {}

class Reader {
  readonly facts: XmpFacts = {};
  readonly #parser: SAXParser = sax.parser(true);
  /** The open elements as "namespace name", and the prefixes each declares. */
  readonly #path: string[] = [];
  readonly #scopes: Map<string, string>[] = [];
  #property: { name: XmpName; depth: number } | null = null;
  #errors = 0;

  read(text: string): void {
    const parser = this.#parser;
    // A parser goes on after an error when the error is removed from it.
    parser.onerror = ({ message }) => {
      parser.error = null as unknown as Error;
      this.#errors += 1;
      if (this.#errors > maxErrors || message.startsWith("Max buffer length")) throw new Stop();
    };
    parser.onopentag = (tag) => this.#open(tag as Tag);
    parser.onclosetag = () => this.#close();
    // The first text in a property is its value, or the first one of its list.
    parser.ontext = (value) => this.#set(this.#property?.name, value);
    // After each part the parser looks whether a name, value or comment is too long.
    for (let at = 0; at < text.length; at += partLength) parser.write(text.slice(at, at + partLength));
    parser.close();
  }

  #open({ name, attributes }: Tag): void {
    const declared = Object.entries(attributes).filter(([attribute]) => attribute.startsWith("xmlns"));
    this.#scopes.push(new Map(declared.map(([attribute, uri]) => [attribute.slice("xmlns:".length), uri])));
    this.#path.push(this.#resolve(name));
    if (this.#path.length > maxDepth) throw new Stop();
    // Only properties of the picture itself: its ingredients and its history have dates, too, deeper in the packet.
    if (this.#isInDescription(0)) {
      for (const [attribute, value] of Object.entries(attributes)) this.#set(this.#nameOf(attribute), value);
    } else if (this.#isInDescription(1)) {
      const property = this.#nameOf(name);
      if (property) this.#property = { name: property, depth: this.#path.length };
    }
  }

  #close(): void {
    if (this.#property?.depth === this.#path.length) this.#property = null;
    this.#path.pop();
    this.#scopes.pop();
  }

  #set(name: XmpName | undefined, value: string): void {
    const text = value.trim();
    if (name && text !== "" && text.length <= maxValueLength) this.facts[name] ??= text;
  }

  /** Tells whether the element so far above the innermost one is the description of the picture. */
  #isInDescription(above: number): boolean {
    return description.every((name, n) => this.#path.at(n - description.length - above) === name);
  }

  #nameOf(qualifiedName: string): XmpName | undefined {
    return wanted.get(this.#resolve(qualifiedName));
  }

  /** Returns the namespace of a name's prefix and the local name; the prefix itself where it is not declared. */
  #resolve(qualifiedName: string): string {
    const [prefix = "", local] = qualifiedName.includes(":") ? qualifiedName.split(":") : ["", qualifiedName];
    const scope = this.#scopes.findLast((declared) => declared.has(prefix));
    return `${scope?.get(prefix) ?? prefix} ${local}`;
  }
}

/** XMP is UTF-8, and in some files UTF-16. Zeros after the packet fill its place. */
function textOf(packet: Buffer): string {
  const [first, second] = packet;
  const isLittle = (first === 0xff && second === 0xfe) || second === 0;
  const isBig = (first === 0xfe && second === 0xff) || first === 0;
  const encoding = isLittle ? "utf-16le" : isBig ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(packet).replace(/\0+$/, "");
}
