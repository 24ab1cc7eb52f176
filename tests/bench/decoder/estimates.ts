import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import sharp, { type Sharp } from "sharp";
import { DecoderPool } from "@/lib/derive/decoder/pool";
import { usageOf } from "@/lib/derive/decoder/usage";

type Sample = { name: string; contentType: string; filePath: string; remove(): Promise<void> };

const formats: [name: string, type: string, width: number, encode: (image: Sharp) => Sharp][] = [
  ["JPEG, 12 megapixels", "jpeg", 4_000, (image) => image.jpeg({ quality: 90 })],
  ["JPEG, 96 megapixels", "jpeg", 11_314, (image) => image.jpeg({ quality: 90 })],
  ["progressive JPEG, 24 megapixels", "jpeg", 5_657, (image) => image.jpeg({ quality: 90, progressive: true })],
  [
    "progressive JPEG 4:4:4, 48 megapixels",
    "jpeg",
    8_000,
    (image) => image.jpeg({ progressive: true, chromaSubsampling: "4:4:4" }),
  ],
  ["PNG, 24 megapixels", "png", 5_657, (image) => image.png({ compressionLevel: 1 })],
  ["interlaced PNG, 24 megapixels", "png", 5_657, (image) => image.png({ compressionLevel: 1, progressive: true })],
  [
    "PNG of 16 bits with alpha, 24 megapixels",
    "png",
    5_657,
    (image) => image.ensureAlpha(0.5).toColourspace("rgb16").png({ compressionLevel: 1 }),
  ],
  ["TIFF, LZW, 24 megapixels", "tiff", 5_657, (image) => image.tiff({ compression: "lzw" })],
  [
    "TIFF in tiles, 24 megapixels",
    "tiff",
    5_657,
    (image) => image.tiff({ compression: "deflate", tile: true, tileWidth: 256, tileHeight: 256 }),
  ],
  ["WebP, 24 megapixels", "webp", 5_657, (image) => image.webp({ effort: 0 })],
  ["lossless WebP, 12 megapixels", "webp", 4_000, (image) => image.webp({ lossless: true, effort: 0 })],
  ["GIF, 12 megapixels", "gif", 4_000, (image) => image.gif({ effort: 1 })],
  ["AVIF, 12 megapixels", "avif", 4_000, (image) => image.avif({ effort: 0 })],
  ["AVIF of 10 bits, 12 megapixels", "avif", 4_000, (image) => image.avif({ effort: 0, bitdepth: 10 })],
  ["AVIF, 24 megapixels", "avif", 5_657, (image) => image.avif({ effort: 0, chromaSubsampling: "4:2:0" })],
];

/** Pictures of noise, which compress as badly as any photograph, one at a time. */
export async function* samples(): AsyncGenerator<Sample> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "bench-decoder-"));
  try {
    for (const [name, type, width, encode] of formats) {
      const filePath = path.join(dir, type);
      await writeFile(filePath, await encode(await noise(width)).toBuffer());
      yield { name, contentType: `image/${type}`, filePath, remove: () => rm(filePath) };
    }
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function noise(width: number): Promise<Sharp> {
  const height = Math.round((width * 3) / 4);
  const create = {
    width,
    height,
    channels: 3,
    background: "#888",
    noise: { type: "gaussian", mean: 128, sigma: 20 },
  } as const;
  return sharp({ create, limitInputPixels: false });
}

/** Decodes a file in a decoder of its own. Returns its processor time, and the most memory beyond what it had when idle. */
export async function measured(
  filePath: string,
  contentType: string,
): Promise<{ seconds: number; memoryBytes: number }> {
  const pool = new DecoderPool();
  try {
    const unlimited = { memoryBytes: 500e6, cpuSeconds: 60 };
    await pool.run({ step: "inspect", filePath, isBeginning: true }, unlimited);
    const [pid = Number.NaN] = pool.pids("all");
    const before = usageOf(pid);
    if (!before) throw new Error("what a decoder takes is known on Linux only");
    let mostBytes = 0;
    const timer = setInterval(() => {
      mostBytes = Math.max(mostBytes, usageOf(pid)?.rssBytes ?? 0);
    }, 5);
    const reply = await pool.run({ step: "derive", filePath, contentType }, unlimited);
    clearInterval(timer);
    if (!("derivation" in reply) || reply.derivation.state !== "ready") throw new Error(JSON.stringify(reply));
    const after = usageOf(pid);
    return { seconds: (after?.cpuSeconds ?? 0) - before.cpuSeconds, memoryBytes: mostBytes - before.rssBytes };
  } finally {
    pool.stop();
  }
}
