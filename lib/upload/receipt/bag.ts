import "server-only";
import { createHash } from "node:crypto";
import { AppError } from "@/lib/errors";
import { fileName } from "@/lib/media/present";
import { viewGuaranteedSeconds, viewSigner } from "@/lib/storage/presigned/view";
import type { About } from "./document";
import { type ReceiptFile, receiptFiles, sentPath } from "./rows";
import { tarEnd, tarHeader, tarPadding } from "./tar";

/** A tag file of the bag. `text` yields the same pieces at each call. */
type Measured = { name: string; text: () => AsyncIterable<string>; sizeBytes: number; sha256: string };
/** A tag file with a line for each file of the payload. */
type Listing = { name: string; line: (file: ReceiptFile) => string };

const bagit = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/**
 * Returns the upload as a bag (RFC 8493) whose payload stays in the bucket: a tar archive with the manifest, and with signed
 * URLs in `fetch.txt` by which BagIt tools fetch the files until these expire. Streamed; a first pass over the files computes
 * the sizes, which a tar header states before the content. Leaves out files in the trash. Throws CONFLICT while a file has no
 * SHA-256.
 */
export async function bagArchive(about: About): Promise<AsyncGenerator<string | Uint8Array>> {
  const sign = await viewSigner();
  const urlOf = ({ key, version_id: versionId, path }: ReceiptFile) =>
    sign({ key, versionId, downloadAs: fileName(path) });
  const { totals, measured } = await measurePayload(about, [
    { name: "manifest-sha256.txt", line: (file) => `${file.sha256 ?? ""}  ${bagPath(sentPath(file))}\n` },
    { name: "fetch.txt", line: (file) => `${urlOf(file)} ${file.size_bytes} ${bagPath(sentPath(file))}\n` },
  ]);
  const now = new Date();
  const info = [
    `External-Identifier: ${about.id}`,
    `Bagging-Date: ${now.toISOString().slice(0, 10)}`,
    `Payload-Oxum: ${totals.bytes}.${totals.files}`,
    `Fetch-Valid-Until: ${new Date(now.getTime() + viewGuaranteedSeconds * 1_000).toISOString()}`,
    "Bag-Software-Agent: Atoll",
  ];
  const tags = [whole("bagit.txt", bagit), whole("bag-info.txt", `${info.join("\n")}\n`), ...measured];
  const sums = tags.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");
  return archive(`atoll-${about.id}`, [...tags, whole("tagmanifest-sha256.txt", sums)], now);
}

/** Yields the files of the payload: those not in the trash. */
async function* payload({ id }: About): AsyncGenerator<ReceiptFile> {
  for await (const file of receiptFiles(id)) if (!file.trashed) yield file;
}

async function measurePayload(about: About, listings: Listing[]) {
  const meters = listings.map((listing) => ({ ...listing, meter: new Meter() }));
  const totals = { files: 0, bytes: 0n };
  let without = 0;
  for await (const file of payload(about)) {
    totals.files += 1;
    totals.bytes += file.size_bytes;
    if (file.sha256 === null) without += 1;
    else if (without === 0) for (const { line, meter } of meters) meter.add(line(file));
  }
  if (without > 0) {
    throw new AppError(
      "CONFLICT",
      `A bag needs the SHA-256 of every file, and ${without} of ${totals.files} have none yet. Take the JSON receipt, or try again when all are processed.`,
    );
  }
  const measured = meters.map(({ name, line, meter }): Measured => {
    const text = async function* () {
      for await (const file of payload(about)) yield line(file);
    };
    return { name, text, ...meter.read() };
  });
  return { totals, measured };
}

class Meter {
  readonly #hash = createHash("sha256");
  #sizeBytes = 0;

  add(piece: string): void {
    this.#hash.update(piece);
    this.#sizeBytes += Buffer.byteLength(piece);
  }

  read(): { sizeBytes: number; sha256: string } {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest("hex") };
  }
}

async function* archive(folder: string, files: Measured[], now: Date): AsyncGenerator<string | Uint8Array> {
  for (const { name, sizeBytes, text } of files) {
    yield tarHeader(`${folder}/${name}`, sizeBytes, now);
    let seenBytes = 0;
    for await (const piece of text()) {
      seenBytes += Buffer.byteLength(piece);
      yield piece;
    }
    // A file changed in between: an incomplete archive is better than one with a wrong size.
    if (seenBytes !== sizeBytes) throw new Error(`${name} changed while the bag was written`);
    yield tarPadding(sizeBytes);
  }
  yield tarEnd;
}

function whole(name: string, content: string): Measured {
  const meter = new Meter();
  meter.add(content);
  const text = async function* () {
    yield content;
  };
  return { name, text, ...meter.read() };
}

/** RFC 8493, 2.1.3: line breaks and percent signs are percent-encoded, nothing else is. */
function bagPath(path: string): string {
  return `data/${path.replace(/[%\r\n]/g, (character) => encodeURIComponent(character))}`;
}
