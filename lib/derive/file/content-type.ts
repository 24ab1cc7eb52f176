import { open } from "node:fs/promises";
import { fileTypeFromFile } from "file-type";
import { withFileBytes } from "../bytes/bytes";
import { isCodedInAv1 } from "../heif/picture";
import { rawTypeOf } from "../raw/kind";

const headBytes = 4_096;

/** Types a browser could run scripts in. They are recorded as plain text. */
const markup = new Set(["application/xml", "text/xml", "image/svg+xml", "text/html", "application/xhtml+xml"]);

/** Aliases: APNG is a PNG with animation, and HEIF is how some encoders label HEIC. */
const sameAs: Record<string, string> = { "image/apng": "image/png", "image/heif": "image/heic" };

// Recognizes truncated files that file-type gives up on: they are broken pictures, not unknown data.
const signatures: [contentType: string, starts: (head: string) => boolean][] = [
  ["image/jpeg", (head) => head.startsWith("\xff\xd8\xff")],
  ["image/png", (head) => head.startsWith("\x89PNG\r\n\x1a\n")],
  ["image/gif", (head) => head.startsWith("GIF87a") || head.startsWith("GIF89a")],
  ["image/webp", (head) => head.startsWith("RIFF") && head.startsWith("WEBP", 8)],
];

/** TIFF and BigTIFF, in both orders of bytes. */
const tiffStarts = ["II*\0", "MM\0*", "II+\0", "MM\0+"];

/** Detects the content type from the file's bytes. File name and the client's type are not trusted. */
export async function contentTypeOf(filePath: string): Promise<string> {
  const head = await readHead(filePath);
  const text = head.toString("latin1");
  // The library tells raw files from TIFF by a few tags, which other TIFF files have, too.
  const raw = await withFileBytes(filePath, rawTypeOf);
  if (raw) return raw;
  if (tiffStarts.some((start) => text.startsWith(start))) return "image/tiff";
  const detected = await detect(filePath);
  if (detected === "image/heif" && (await withFileBytes(filePath, isCodedInAv1))) return "image/avif";
  if (detected && !markup.has(detected)) return sameAs[detected] ?? detected;
  const signature = signatures.find(([, starts]) => starts(text));
  if (signature) return signature[0];
  return isText(head) ? "text/plain" : "application/octet-stream";
}

async function readHead(filePath: string): Promise<Buffer> {
  const file = await open(filePath);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function detect(filePath: string): Promise<string | undefined> {
  try {
    return (await fileTypeFromFile(filePath))?.mime;
  } catch {
    // file-type throws for headers that declare more bytes than the file has.
    return undefined;
  }
}

function isText(head: Buffer): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: text does not contain them
    return !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text);
  } catch {
    return false;
  }
}
