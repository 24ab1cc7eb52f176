import { inflateSync } from "node:zlib";
import { type Blocks, exifMarker, maxBlockBytes, startsWith } from "./blocks";
import type { ByteSource } from "./byte-source";
import { addPhotoshop } from "./photoshop";

const signatureBytes = 8;
/** Length and type before a chunk's data, and a checksum after it. */
const frameBytes = 12;
const keywordBytes = 80;
/** Of profiles in a file. Each may be inflated to the hexadecimal digits of the largest block. */
const maxTexts = 16;
const maxTextBytes = 2 * maxBlockBytes.exif + 64 * 1024;
const xmpKeyword = "XML:com.adobe.xmp";
const xmpMarker = "http://ns.adobe.com/xap/1.0/\0";

/** Finds the blocks of a PNG, which may stand before or after the picture data. */
export function findInPng(source: ByteSource, blocks: Blocks): void {
  let position = signatureBytes;
  let texts = 0;
  while (position + frameBytes <= source.sizeBytes) {
    const header = source.read(position, 8);
    const length = header.readUInt32BE();
    const type = header.toString("latin1", 4);
    const data = position + 8;
    if (type === "eXIf" && length <= maxBlockBytes.exif) blocks.addExif(source.read(data, length));
    else if (texts < maxTexts && (type === "tEXt" || type === "zTXt" || type === "iTXt"))
      texts += addText(source, { type, data, length }, blocks) ? 1 : 0;
    else if (type === "IEND") return;
    position += frameBytes + length;
  }
  source.read(position, frameBytes); // Throws: the end is missing.
}

type TextChunk = { type: "tEXt" | "zTXt" | "iTXt"; data: number; length: number };

/** Adds the profile in a text chunk. Returns whether it claims to have one. */
function addText(source: ByteSource, { type, data, length }: TextChunk, blocks: Blocks): boolean {
  const start = source.read(data, Math.min(length, keywordBytes));
  const keywordEnd = start.indexOf(0);
  if (keywordEnd < 0 || length > maxTextBytes) return false;
  const keyword = start.toString("latin1", 0, keywordEnd);
  const profile = /^Raw profile type (exif|app1|iptc|8bim|xmp)$/i.exec(keyword)?.[1]?.toLowerCase();
  if (!profile && keyword !== xmpKeyword) return false;
  const text = textOf(type, source.read(data, length).subarray(keywordEnd + 1));
  if (text && profile) addProfile(profile, fromHex(text), blocks);
  else if (text) blocks.addXmp(text);
  return true;
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
    return inflateSync(deflated, { maxOutputLength: maxTextBytes });
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
