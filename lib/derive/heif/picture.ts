import { type Bytes, partOf } from "../bytes/bytes";
import { type ColourSpace, spaceOfCodes } from "../colour/space";
import { readAv1Values } from "./av1";
import { type Box, findBox, readBoxes } from "./boxes";

/** How values of a still picture in a HEIF file (AVIF, HEIC) are meant. */
export type HeifColour = {
  /** Null: sRGB, or what an embedded profile says. */
  space: ColourSpace | null;
  /** Grey of video levels, which libheif leaves as it is; those of colours it widens. */
  hasVideoLevels: boolean;
};

export function readHeifColour(bytes: Bytes): HeifColour {
  const meta = findBox(bytes, "meta");
  const properties = meta ? propertiesOf(meta, primaryItem(meta)) : [];
  const codes = codesOf(properties);
  const values = readAv1Values(properties.find(({ type }) => type === "av1C")?.content.read(0, 256) ?? Buffer.alloc(0));
  const range = codes ? (codes.isFull ? "full" : "limited") : values.range;
  return { space: codes?.space ?? null, hasVideoLevels: values.isGrey && range === "limited" };
}

/** Returns what the code points of a picture say; null when it has none. A profile wins over them. */
function codesOf(properties: Box[]): { space: ColourSpace | null; isFull: boolean } | null {
  const colours = properties
    .filter(({ type }) => type === "colr")
    .map(({ content }) => ({ kind: content.read(0, 4).toString("latin1"), codes: content.read(4, 7) }));
  const codes = colours.find(({ kind }) => kind === "nclx")?.codes;
  if (codes?.length !== 7) return null;
  const isFull = ((codes[6] ?? 0) & 0x80) !== 0;
  if (colours.some(({ kind }) => kind === "prof" || kind === "rICC")) return { space: null, isFull };
  const light = properties.find(({ type }) => type === "clli")?.content.read(0, 2);
  const peakNits = light?.length === 2 ? light.readUInt16BE(0) : 0;
  return { space: spaceOfCodes(codes.readUInt16BE(0), codes.readUInt16BE(2), peakNits), isFull };
}

/** Tells whether the file holds pictures coded in AV1 and none in HEVC. Some writers do not say so in the brands. */
export function isCodedInAv1(bytes: Bytes): boolean {
  const meta = findBox(bytes, "meta");
  const types = meta ? itemTypes(meta) : [];
  return types.includes("av01") && !types.includes("hvc1");
}

export function hasPrimaryItem(bytes: Bytes): boolean {
  const meta = findBox(bytes, "meta");
  return meta !== null && primaryItem(meta) !== null;
}

function primaryItem(meta: Bytes): number | null {
  const item = findBox(meta, "pitm")?.read(0, 8);
  if (!item || item.length < 6) return null;
  return item[0] === 0 ? item.readUInt16BE(4) : item.length === 8 ? item.readUInt32BE(4) : null;
}

function itemTypes(meta: Bytes): string[] {
  const list = findBox(meta, "iinf");
  if (!list) return [];
  const isShort = list.read(0, 1)[0] === 0;
  return readBoxes(partOf(list, isShort ? 6 : 8)).flatMap(({ type, content }) => {
    const version = content.read(0, 1)[0] ?? 0;
    return type === "infe" && version >= 2 ? content.read(version === 2 ? 8 : 10, 4).toString("latin1") : [];
  });
}

/** Returns the properties that are associated with an item; all of them when the association cannot be read. */
function propertiesOf(meta: Bytes, item: number | null): Box[] {
  const properties = findBox(meta, "iprp");
  const container = properties && findBox(properties, "ipco");
  if (!properties || !container) return [];
  const all = readBoxes(container);
  const indexes = readBoxes(properties)
    .filter(({ type }) => type === "ipma")
    .flatMap(({ content }) => associations(content).get(item ?? -1) ?? []);
  return indexes.length > 0 ? indexes.flatMap((index) => all[index - 1] ?? []) : all;
}

const maxAssociationBytes = 1024 * 1024;

/** ISO/IEC 23008-12, 9.3: item → the numbers of its properties. */
function associations(content: Bytes): Map<number, number[]> {
  const body = content.read(0, Math.min(content.size, maxAssociationBytes));
  const found = new Map<number, number[]>();
  if (body.length < 8) return found;
  const idBytes = body[0] === 0 ? 2 : 4;
  const indexBytes = ((body[3] ?? 0) & 1) === 1 ? 2 : 1;
  let at = 8;
  for (let left = body.readUInt32BE(4); left > 0 && at + idBytes + 1 <= body.length; left--) {
    const item = body.readUIntBE(at, idBytes);
    const count = body[at + idBytes] ?? 0;
    at += idBytes + 1;
    const indexes: number[] = [];
    for (let i = 0; i < count && at + indexBytes <= body.length; i++, at += indexBytes) {
      indexes.push(body.readUIntBE(at, indexBytes) & (indexBytes === 2 ? 0x7fff : 0x7f));
    }
    found.set(item, indexes);
  }
  return found;
}
