import { commonBytes, commonSeconds, type Estimate, lineBytes } from "./estimate";
import type { FileView } from "./file-view";

type Component = { id: number; blocks: number };
type Frame = { width: number; height: number; isProgressive: boolean; isArithmetic: boolean; components: Component[] };
type Scan = { components: number[]; coefficients: number; refines: boolean };

const [startOfScan, endOfImage] = [0xda, 0xd9];
/** Frame headers SOF0 to SOF15 without DHT, JPG and DAC, which share their range (T.81, table B.1). */
const isFrame = (code: number) => code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);
/** Markers without a length, and what stands for none in entropy-coded data: 0x00, TEM, RST0 to RST7, SOI and fill. */
const isBare = (code: number) => code <= 0x01 || (code >= 0xd0 && code <= 0xd8) || code === 0xff;

/** More are not read: so many scans take longer than any picture may. */
const maxMarkers = 200_000;
/** The longest frame and scan headers are shorter. */
const maxBodyBytes = 1_024;
/** A coefficient of an 8 × 8 block takes two bytes. */
const blockBytes = 128;
const [secondsPerByte, secondsPerScannedByte, arithmeticFactor] = [12e-9, 30e-9, 10];
const [secondsPerBlock, secondsPerRefined, secondsPerPixel] = [6e-9, 1e-9, 6e-9];

/**
 * Estimates a JPEG. A file with several scans (each progressive one) is decoded only after all were read, and its coefficients
 * are kept meanwhile, at full size; so its scans are counted. Returns null where the frame cannot be found.
 */
export function estimateJpeg(view: FileView): Estimate | null {
  let frame: Frame | undefined;
  const scans: Scan[] = [];
  let marker = nextMarker(view, 2);
  for (let count = 1; marker && marker.code !== endOfImage && count < maxMarkers; count++) {
    const { code, body, end } = marker;
    if (isFrame(code)) frame ??= readFrame(code, body) ?? undefined;
    if (code === startOfScan) {
      if (!frame) return null;
      scans.push(readScan(body));
      if (!frame.isProgressive && readsAtOnce(frame, scans)) break;
    }
    marker = nextMarker(view, end);
  }
  return frame ? estimate(frame, scans, view.sizeBytes) : null;
}

type Marker = { code: number; body: Buffer; end: number };

/** Returns the next marker from `offset` on, beyond the entropy-coded data there; null at the end of the file. */
function nextMarker(view: FileView, offset: number): Marker | null {
  const at = markerAt(view, offset);
  if (at === null) return null;
  const head = view.read(at, 4);
  const code = head[1] ?? 0;
  if (code === endOfImage) return { code, body: Buffer.alloc(0), end: at + 2 };
  if (head.length < 4) return null;
  const lengthBytes = Math.max(2, head.readUInt16BE(2));
  const body = view.read(at + 4, Math.min(lengthBytes - 2, maxBodyBytes));
  return { code, body, end: at + 2 + lengthBytes };
}

function markerAt(view: FileView, offset: number): number | null {
  for (let at = offset; ; ) {
    const bytes = view.some(at);
    if (bytes.length < 2) return null;
    for (let i = bytes.indexOf(0xff); i >= 0 && i + 1 < bytes.length; i = bytes.indexOf(0xff, i + 1)) {
      if (!isBare(bytes[i + 1] ?? 0)) return at + i;
    }
    at += bytes.length - 1;
  }
}

function readFrame(code: number, body: Buffer): Frame | null {
  const count = body[5] ?? 0;
  if (count === 0 || body.length < 6 + count * 3) return null;
  const [height, width] = [body.readUInt16BE(1), body.readUInt16BE(3)];
  const factors = Array.from({ length: count }, (_, i) => {
    const packed = body[7 + i * 3] ?? 0;
    return { id: body[6 + i * 3] ?? 0, across: packed >> 4 || 1, down: packed & 15 || 1 };
  });
  const [maxAcross, maxDown] = [Math.max(...factors.map((f) => f.across)), Math.max(...factors.map((f) => f.down))];
  const units = Math.ceil(width / (8 * maxAcross)) * Math.ceil(height / (8 * maxDown));
  const components = factors.map(({ id, across, down }) => ({ id, blocks: units * across * down }));
  const isProgressive = (code & 3) === 2;
  return { width, height, isProgressive, isArithmetic: code >= 0xc9, components };
}

function readScan(body: Buffer): Scan {
  const count = body[0] ?? 0;
  const components = Array.from({ length: count }, (_, i) => body[1 + i * 2] ?? 0);
  const [first = 0, last = 63, bits = 0] = body.subarray(1 + count * 2);
  return { components, coefficients: Math.max(1, Math.min(64, last - first + 1)), refines: bits >> 4 > 0 };
}

/** Whether the first scan holds the whole picture: the decoder ends with it, whatever follows. */
const readsAtOnce = (frame: Frame, scans: Scan[]) => (scans[0]?.components.length ?? 0) >= frame.components.length;

function estimate(frame: Frame, scans: Scan[], sizeBytes: number): Estimate {
  const { width, height, components, isProgressive } = frame;
  const pixels = width * height;
  const isBuffered = isProgressive || !readsAtOnce(frame, scans);
  const blocks = components.reduce((sum, component) => sum + component.blocks, 0);
  // The loader leaves out pixels by 2, 4 or 8 where the largest derivative has fewer.
  const shrink = 2 ** Math.max(0, Math.min(3, Math.floor(Math.log2(Math.max(width, height) / 1_600))));
  // Twice: the loader's and those of the step after it. One of 96 megapixels was seen to take 59 MB in all.
  const lines = 2 * lineBytes((width / shrink) * components.length, height);
  // A sample has at most a byte at the highest quality: more is no part of the picture, as a video appended to it.
  const codedBytes = Math.min(sizeBytes, pixels * components.length);
  const scanning = isBuffered ? scanSeconds(frame, scans) + sizeBytes * secondsPerScannedByte : 0;
  const reading = codedBytes * secondsPerByte * (frame.isArithmetic ? arithmeticFactor : 1);
  return {
    width,
    height,
    memoryBytes: commonBytes + lines + (isBuffered ? blocks * blockBytes : 0),
    seconds: commonSeconds + pixels * secondsPerPixel + reading + scanning,
    shrinksOnLoad: true,
    ...(isBuffered ? { because: `it has ${scans.length.toLocaleString("en")} scans` } : {}),
  };
}

/** Each scan passes all blocks of its components, even if it changes none. One that refines looks at each coefficient. */
function scanSeconds({ components }: Frame, scans: Scan[]): number {
  const blocksOf = new Map(components.map(({ id, blocks }) => [id, blocks]));
  return scans.reduce((sum, scan) => {
    const blocks = scan.components.reduce((total, id) => total + (blocksOf.get(id) ?? 0), 0);
    return sum + blocks * (secondsPerBlock + (scan.refines ? scan.coefficients * secondsPerRefined : 0));
  }, 0);
}
