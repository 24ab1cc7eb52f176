import { type Blocks, exifMarker, isTiff, maxBlockBytes, startsWith } from "./blocks";
import type { ByteSource } from "./byte-source";
import { addPhotoshop } from "./photoshop";

const app1 = 0xe1;
const app13 = 0xed;
const startOfScan = 0xda;
const endOfImage = 0xd9;
const maxSkippedBytes = 64 * 1024;

const xmpMarker = "http://ns.adobe.com/xap/1.0/\0";
const extendedXmpMarker = "http://ns.adobe.com/xmp/extension/\0";
const photoshopMarker = "Photoshop 3.0\0";

type Part = { offset: number; bytes: Buffer };
/** Blocks that lie in several segments, as a segment has at most 64 KB. */
type Fragments = { exif: Buffer[]; photoshop: Buffer[]; extendedXmp: Map<string, Part[]> };

/** Finds the blocks of a JPEG, all of them before the picture data. */
export function findInJpeg(source: ByteSource, blocks: Blocks): void {
  const fragments: Fragments = { exif: [], photoshop: [], extendedXmp: new Map() };
  try {
    walk(source, (marker, segment) => keep(marker, segment, blocks, fragments));
  } finally {
    // A file that is cut off in its header still has what came before.
    addWhole(fragments.exif, (block) => blocks.addExif(block));
    addWhole(fragments.photoshop, (resources) => addPhotoshop(resources, blocks));
    for (const parts of fragments.extendedXmp.values()) blocks.addXmp(inOrder(parts));
  }
}

function walk(source: ByteSource, onSegment: (marker: number, segment: Buffer) => void): void {
  let position = 2;
  let skippedBytes = 0;
  while (skippedBytes <= maxSkippedBytes) {
    const [lead, marker = 0] = source.read(position, 2);
    if (lead !== 0xff || marker === 0xff) {
      position += 1; // Fill bytes before a marker, or padding after a segment.
      skippedBytes += 1;
    } else if (marker === startOfScan || marker === endOfImage) {
      return;
    } else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      position += 2; // These markers have no segment.
      skippedBytes += 2;
    } else {
      const length = source.read(position + 2, 2).readUInt16BE();
      if (length < 2) return;
      if (marker === app1 || marker === app13) onSegment(marker, source.read(position + 4, length - 2));
      position += 2 + length;
    }
  }
}

function keep(marker: number, segment: Buffer, blocks: Blocks, fragments: Fragments): void {
  if (marker === app13) {
    if (startsWith(segment, photoshopMarker)) fragments.photoshop.push(segment.subarray(photoshopMarker.length));
  } else if (startsWith(segment, exifMarker)) {
    const block = segment.subarray(exifMarker.length + 1);
    // A segment that does not begin a TIFF structure goes on with the one before.
    if (isTiff(block)) addWhole(fragments.exif.splice(0), (whole) => blocks.addExif(whole));
    fragments.exif.push(block);
  } else if (startsWith(segment, xmpMarker)) {
    blocks.addXmp(segment.subarray(xmpMarker.length));
  } else if (startsWith(segment, extendedXmpMarker)) {
    keepExtendedXmp(segment.subarray(extendedXmpMarker.length), fragments.extendedXmp);
  }
}

/** XMP specification part 3, section 1.1.3.1: GUID of the packet (32 bytes), its length and this part's offset (4 bytes each). */
function keepExtendedXmp(segment: Buffer, packets: Map<string, Part[]>): void {
  const headerBytes = 40;
  if (segment.length < headerBytes) return;
  const guid = segment.toString("latin1", 0, 32);
  const parts = packets.get(guid) ?? [];
  parts.push({ offset: segment.readUInt32BE(36), bytes: segment.subarray(headerBytes) });
  packets.set(guid, parts);
}

/** Joins parts, which may come in any order. Parts beyond the limit are left out. */
function inOrder(parts: Part[]): Buffer {
  const within = parts.filter(({ offset, bytes }) => offset + bytes.length <= maxBlockBytes.xmp);
  const packet = Buffer.alloc(Math.max(0, ...within.map(({ offset, bytes }) => offset + bytes.length)), " ");
  for (const { offset, bytes } of within) bytes.copy(packet, offset);
  return packet;
}

function addWhole(parts: Buffer[], add: (whole: Buffer) => void): void {
  if (parts.length > 0) add(Buffer.concat(parts));
}
