import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterAll } from "vitest";
import { deriveFile, type FileDerivation } from "@/lib/derive/file/file";

/** Writes files into a folder that is removed after the test file. */
export function fileWriter(): (bytes: Buffer, name?: string) => Promise<string> {
  let dir: Promise<string> | undefined;
  let count = 0;
  afterAll(async () => {
    if (dir) await rm(await dir, { recursive: true });
  });
  return async (bytes, name = "original") => {
    dir ??= mkdtemp(path.join(tmpdir(), "atoll-test-"));
    const filePath = path.join(await dir, `${count++}-${name}`);
    await writeFile(filePath, bytes);
    return filePath;
  };
}

type Ready = Extract<FileDerivation, { state: "ready" }>;

export async function deriveReady(filePath: string): Promise<Ready> {
  const derivation = await deriveFile(filePath);
  if (derivation.state !== "ready") throw new Error(`not ready: ${JSON.stringify(derivation)}`);
  return derivation;
}

/** Returns width and height of each derivative, largest first. */
export async function dimensions(
  derivation: Ready,
  write: (bytes: Buffer) => Promise<string>,
): Promise<Record<number, string>> {
  const entries = await Promise.all(
    derivation.derivatives.map(async ({ size, bytes }) => {
      const { width, height, format } = await sharp(await write(Buffer.from(bytes))).metadata();
      return [size, `${width}x${height} ${format}`] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** Returns the colour of a derivative at a point, given as fractions of its sides. */
export async function colourAt(
  derivation: Ready,
  point: { x: number; y: number; size?: number },
  write: (bytes: Buffer) => Promise<string>,
): Promise<number[]> {
  const { x, y, size = 200 } = point;
  const bytes = derivation.derivatives.find((derivative) => derivative.size === size)?.bytes;
  if (!bytes) throw new Error(`no derivative of ${size}`);
  const { data, info } = await sharp(await write(Buffer.from(bytes)))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
  return [...data.subarray(at, at + info.channels)];
}

/** Returns the pixels of the largest derivative, as RGBA. */
export async function pixelsOf(
  derivation: Ready,
  write: (bytes: Buffer) => Promise<string>,
): Promise<{ width: number; height: number; at: (x: number, y: number) => [number, number, number, number] }> {
  const bytes = derivation.derivatives.find(({ size }) => size === 1600)?.bytes ?? new Uint8Array();
  const { data, info } = await sharp(await write(Buffer.from(bytes)))
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 4).subarray(0, 4)];
  return {
    width: info.width,
    height: info.height,
    at: at as (x: number, y: number) => [number, number, number, number],
  };
}

/** Returns the reason of a rejection. */
export async function reasonOf(filePath: string): Promise<string> {
  const derivation = await deriveFile(filePath);
  if (derivation.state !== "rejected") throw new Error(`not rejected: ${derivation.state}`);
  return derivation.reason;
}
