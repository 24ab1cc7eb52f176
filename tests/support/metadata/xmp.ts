/** Writes XMP packets and IPTC records. */

const namespaces = {
  exif: "http://ns.adobe.com/exif/1.0/",
  photoshop: "http://ns.adobe.com/photoshop/1.0/",
  xmp: "http://ns.adobe.com/xap/1.0/",
} as const;
type Property = `${keyof typeof namespaces}:${string}`;
export type XmpForm = "attributes" | "elements" | "lists" | "other prefixes";

/** Writes a packet with these properties in one of the forms that RDF allows. */
export function xmp(properties: Partial<Record<Property, string>>, form: XmpForm = "elements", inside = ""): Buffer {
  const isOther = form === "other prefixes";
  const [x, rdf] = isOther ? ["ns0", "ns1"] : ["x", "rdf"];
  const named = Object.entries(properties as Record<string, string>).map(([name, value]) => {
    const [prefix = "", local] = name.split(":");
    return [`${isOther ? `my${prefix}` : prefix}:${local}`, value] as const;
  });
  const declared = Object.entries(namespaces).map(
    ([prefix, uri]) => `xmlns:${isOther ? `my${prefix}` : prefix}="${uri}"`,
  );
  const attributes = form === "attributes" ? named.map(([name, value]) => ` ${name}="${value}"`).join("") : "";
  const list = (value: string) => `<${rdf}:Seq>\n <${rdf}:li>${value}</${rdf}:li>\n</${rdf}:Seq>`;
  const elements = named.map(([name, value]) => `<${name}>${form === "lists" ? list(value) : value}</${name}>`);
  return Buffer.from(`<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<${x}:xmpmeta xmlns:${x}="adobe:ns:meta/">
 <${rdf}:RDF xmlns:${rdf}="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <${rdf}:Description ${rdf}:about="" ${declared.join(" ")}${attributes}>
   ${form === "attributes" ? "" : elements.join("\n   ")}${inside}
  </${rdf}:Description>
 </${rdf}:RDF>
</${x}:xmpmeta>
<?xpacket end="w"?>`);
}

/** Writes records of IPTC's data sets 2:n. */
export function iptc(dataSets: Record<number, string>): Buffer {
  return Buffer.concat(
    Object.entries({ 0: "\0\x02", ...dataSets }).map(([number, text]) => {
      const header = Buffer.from([0x1c, 2, Number(number), 0, 0]);
      header.writeUInt16BE(text.length, 3);
      return Buffer.concat([header, Buffer.from(text, "latin1")]);
    }),
  );
}

/** Puts IPTC records among Photoshop's resources, behind another one with a name. */
export function photoshop(records: Buffer): Buffer {
  return Buffer.concat([resource(0x03ed, "resolution", Buffer.alloc(17)), resource(0x0404, "", records)]);
}

function resource(id: number, name: string, bytes: Buffer): Buffer {
  const header = Buffer.from([0x38, 0x42, 0x49, 0x4d, id >> 8, id & 0xff, name.length, ...Buffer.from(name)]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([even(header), size, even(bytes)]);
}

function even(bytes: Buffer): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
}
