import { type Blocks, exifMarker, isTiff, maxBlockBytes, startsWith } from "./blocks";
import { type ByteSource, UnreadableError } from "./byte-source";
import { type Box, boxesIn, Fields } from "./iso-boxes";

/** HEIC of large grids has some hundred items; their description takes some kilobytes. */
const maxMetaBytes = 4 * 1024 * 1024;
/** Of all items together: an extent may be described by no byte at all. */
const maxExtents = 100_000;

type Item = { id: number; kind: "exif" | "xmp" };
type Extent = { inItemData: boolean; offset: number; length: number };

/**
 * Finds the items "Exif" and XMP of HEIC and AVIF by their place in the box `meta`; the picture is not decoded.
 * ISO/IEC 14496-12, sections 8.11.3 (iloc) and 8.11.6 (iinf), and ISO/IEC 23008-12, annex A.
 */
export function findInMeta(source: ByteSource, meta: Box, blocks: Blocks): void {
  if (meta.end - meta.start > maxMetaBytes) return;
  const children = new Map([...boxesIn(source, meta.start + 4, meta.end)].map((box) => [box.type, box]));
  const contentOf = (type: string) => {
    const box = children.get(type);
    return box && source.read(box.start, box.end - box.start);
  };
  const [info, locations] = [contentOf("iinf"), contentOf("iloc")];
  if (!info || !locations) return;
  const items = itemsOf(info);
  if (items.length === 0) return;
  const extents = extentsOf(locations, new Set(items.map(({ id }) => id)));
  const itemData = children.get("idat");
  for (const { id, kind } of items) {
    const content = join(source, extents.get(id) ?? [], itemData, maxBlockBytes[kind]);
    if (!content) continue;
    if (kind === "xmp") blocks.addXmp(content);
    else addExifItem(content, blocks);
  }
}

/** An item "Exif" begins with the distance to its TIFF header. Some programs write a wrong one: a header at the start counts first. */
export function addExifItem(content: Buffer, blocks: Blocks): void {
  if (content.length < 4) return;
  const rest = content.subarray(4);
  const isBlock = isTiff(rest) || startsWith(rest, exifMarker);
  blocks.addExif(isBlock ? rest : rest.subarray(content.readUInt32BE()));
}

function itemsOf(info: Buffer): Item[] {
  const fields = new Fields(info);
  const version = fields.uint(1);
  fields.take(3);
  const count = fields.uint(version === 0 ? 2 : 4);
  const items: Item[] = [];
  for (let n = 0; n < count && fields.left >= 8; n++) {
    const sizeBytes = fields.uint(4);
    const type = fields.take(4).toString("latin1");
    if (sizeBytes < 8) break;
    const entry = fields.take(Math.min(sizeBytes - 8, fields.left));
    const item = type === "infe" ? itemOf(new Fields(entry)) : null;
    if (item) items.push(item);
  }
  return items.slice(0, 16);
}

function itemOf(fields: Fields): Item | null {
  if (fields.left < 12) return null;
  const version = fields.uint(1);
  if (version < 2) return null;
  fields.take(3);
  const id = fields.uint(version === 2 ? 2 : 4);
  fields.take(2);
  const type = fields.take(4).toString("latin1");
  if (type === "Exif") return { id, kind: "exif" };
  fields.text(); // its name
  return type === "mime" && fields.text() === "application/rdf+xml" ? { id, kind: "xmp" } : null;
}

function extentsOf(locations: Buffer, wanted: ReadonlySet<number>): Map<number, Extent[]> {
  const fields = new Fields(locations);
  const version = fields.uint(1);
  fields.take(3);
  const [sizes, moreSizes] = [fields.uint(1), fields.uint(1)];
  const [offsetSize, lengthSize, baseSize] = [sizes >> 4, sizes & 15, moreSizes >> 4];
  const indexSize = version === 0 ? 0 : moreSizes & 15;
  const idSize = version < 2 ? 2 : 4;
  const found = new Map<number, Extent[]>();
  let extentsLeft = maxExtents;
  for (let itemsLeft = fields.uint(idSize); itemsLeft > 0; itemsLeft--) {
    const id = fields.uint(idSize);
    const method = version === 0 ? 0 : fields.uint(2) & 15;
    const isElsewhere = fields.uint(2) !== 0; // in another file
    const base = fields.uint(baseSize);
    const count = fields.uint(2);
    extentsLeft -= count;
    if (extentsLeft < 0) throw new UnreadableError("more extents than a picture has");
    const extents = Array.from({ length: count }, (): Extent => {
      fields.take(indexSize);
      return { inItemData: method === 1, offset: base + fields.uint(offsetSize), length: fields.uint(lengthSize) };
    });
    if (wanted.has(id) && !isElsewhere && method < 2) found.set(id, extents);
  }
  return found;
}

/** Reads an item's extents. Returns null when it has none or more bytes than allowed. */
function join(source: ByteSource, extents: Extent[], itemData: Box | undefined, maxBytes: number): Buffer | null {
  const sizeBytes = extents.reduce((sum, { length }) => sum + length, 0);
  if (sizeBytes === 0 || sizeBytes > maxBytes) return null;
  const parts = extents.map(({ inItemData, offset, length }) => {
    const start = inItemData ? itemData?.start : 0;
    return start === undefined ? Buffer.alloc(0) : source.read(start + offset, length);
  });
  return Buffer.concat(parts);
}
