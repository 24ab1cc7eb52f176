import { inflateSync } from "node:zlib";
import { type Blocks, exifMarker, maxBlockBytes, startsWith } from "./blocks";
import type { ByteSource } from "./byte-source";
import { addPhotoshop } from "./photoshop";

const signatureBytes = 8;
/** Length and type before a chunk's data, and a checksum after it. */
const frameBytes = 12;
const keywordBytes = 80;
const xmpKeyword = "XML:com.adobe.xmp";
const xmpMarker = "http://ns.adobe.com/xap/1.0/\0";

/** Finds the blocks of a PNG, which may stand before or after the picture data. */
export function findInPng(source: ByteSource, blocks: Blocks): void {
  let position = signatureBytes;
  while (position + frameBytes <= source.sizeBytes) {
    const header = source.read(position, 8);
    const length = header.readUInt32BE();
    const type = header.toString("latin1", 4);
    const data = position + 8;
    if (type === "eXIf" && length <= maxBlockBytes.exif) blocks.addExif(source.read(data, length));
    else if (type === "tEXt" || type === "zTXt" || type === "iTXt") addText(source, { type, data, length }, blocks);
    else if (type === "IEND") return;
    position += frameBytes + length;
  }
  source.read(position, frameBytes); // Throws: the end is missing.
}

type TextChunk = { type: "tEXt" | "zTXt" | "iTXt"; data: number; length: number };

function addText(source: ByteSource, { type, data, length }: TextChunk, blocks: Blocks): void {
  const start = source.read(data, Math.min(length, keywordBytes));
  const keywordEnd = start.indexOf(0);
  if (keywordEnd < 0 || length > 2 * maxBlockBytes.xmp) return;
  const keyword = start.toString("latin1", 0, keywordEnd);
  const profile = /^Raw profile type (exif|app1|iptc|8bim|xmp)$/i.exec(keyword)?.[1]?.toLowerCase();
  if (!profile && keyword !== xmpKeyword) return;
  const text = textOf(type, source.read(data, length).subarray(keywordEnd + 1));
  if (!text) return;
  if (profile) addProfile(profile, fromHex(text), blocks);
  else blocks.addXmp(text);
}

/** Returns the text of a chunk after its keyword (https://www.w3.org/TR/png-3/#11textinfo); null when it cannot be inflated. */
function textOf(type: TextChunk["type"], rest: Buffer): Buffer | null {
  if (type === "tEXt") return rest;
  if (type === "zTXt") return inflated(rest.subarray(1));
  const languageEnd = rest.indexOf(0, 2);
  const translationEnd = rest.indexOf(0, languageEnd + 1);
  if (languageEnd < 0 || translationEnd < 0) return null;
  const text = rest.subarray(translationEnd + 1);
  return rest[0] === 1 ? inflated(text) : text;
}

function inflated(deflated: Buffer): Buffer | null {
  try {
    return inflateSync(deflated, { maxOutputLength: 2 * maxBlockBytes.xmp });
  } catch {
    return null; // Damaged, or a few bytes that would become gigabytes.
  }
}

/** ImageMagick writes a profile as its name, its length in bytes and its bytes in hexadecimal lines. */
function fromHex(text: Buffer): Buffer {
  const [, digits = ""] = /^\s*\S+\s+\d+\s+([\da-f\s]*)/i.exec(text.toString("latin1")) ?? [];
  return Buffer.from(digits.replaceAll(/\s+/g, ""), "hex");
}

function addProfile(name: string, profile: Buffer, blocks: Blocks): void {
  if (name === "xmp") blocks.addXmp(profile);
  else if (startsWith(profile, xmpMarker)) blocks.addXmp(profile.subarray(xmpMarker.length));
  else if (startsWith(profile, "8BIM")) addPhotoshop(profile, blocks);
  else if (name === "exif" || startsWith(profile, exifMarker)) blocks.addExif(profile);
  else blocks.addIptc(profile);
}
