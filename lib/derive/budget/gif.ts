import { commonBytes, commonSeconds, type Estimate } from "./estimate";
import type { FileView } from "./file-view";

const bytesPerPixel = 5.5;
const [secondsPerPixel, secondsPerByte, secondsPerFrame] = [15e-9, 3e-9, 2e-6];
/** More blocks are not followed: so many frames take longer than any picture may. */
const maxBlocks = 5_000_000;

/** Estimates a GIF. Only its first frame is shown, but the loader looks for all of them, and a frame may exceed the canvas. */
export function estimateGif(view: FileView): Estimate | null {
  const screen = view.read(6, 7);
  if (screen.length < 7) return null;
  let [width, height] = [screen.readUInt16LE(0), screen.readUInt16LE(2)];
  let at = 13 + tableBytes(screen[4] ?? 0);
  let frames = 0;
  for (let blocks = 0; blocks < maxBlocks; blocks++) {
    const head = view.read(at, 10);
    if (head[0] === 0x21) {
      at += 2;
    } else if (head[0] === 0x2c && head.length === 10) {
      frames += 1;
      width = Math.max(width, head.readUInt16LE(1) + head.readUInt16LE(5));
      height = Math.max(height, head.readUInt16LE(3) + head.readUInt16LE(7));
      at += 11 + tableBytes(head[9] ?? 0);
    } else break;
    for (let length = lengthAt(view, at); length > 0; length = lengthAt(view, at)) {
      at += 1 + length;
      blocks += 1;
    }
    at += 1;
  }
  if (frames === 0) return null;
  const pixels = width * height;
  return {
    width,
    height,
    memoryBytes: commonBytes + pixels * bytesPerPixel,
    seconds: commonSeconds + pixels * secondsPerPixel + view.sizeBytes * secondsPerByte + frames * secondsPerFrame,
    ...(frames > 1 ? { because: `it has ${frames.toLocaleString("en")} frames` } : {}),
  };
}

/** Returns the size of a colour table from the flags before it. */
const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

const lengthAt = (view: FileView, at: number) => view.read(at, 1)[0] ?? 0;
