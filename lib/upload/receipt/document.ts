import { createHash } from "node:crypto";
import { receiptPublicKey, signReceipt } from "./key";
import { type ReceiptFile, receiptFiles, receiptRejections } from "./rows";

/** The upload as its receipt describes it. */
export type About = {
  id: string;
  collection: string;
  label: string;
  createdAt: string;
  sealedAt: string | null;
  verifiedAt: string | null;
};

/**
 * Yields the receipt as signed JSON, one line a file, without keeping it in memory. The signature is Ed25519 over the SHA-256 of
 * all bytes before the line of the signature, the last but one; docs/receipts.md shows how to check it.
 */
export async function* receiptDocument(about: About, site: string): AsyncGenerator<string> {
  const hash = createHash("sha256");
  for await (const text of signedPart(about, site)) {
    hash.update(text);
    yield text;
  }
  const signature = {
    algorithm: "Ed25519",
    covers: "SHA-256 of all bytes before this line",
    publicKey: receiptPublicKey(),
    value: signReceipt(hash.digest()),
  };
  yield `"signature":${JSON.stringify(signature)}\n}\n`;
}

async function* signedPart(about: About, site: string): AsyncGenerator<string> {
  yield `{\n"receipt":${JSON.stringify({ version: 1, site, upload: about })},\n`;
  const totals = { files: 0, bytes: 0, notStored: 0 };
  yield '"files":[\n';
  for await (const file of receiptFiles(about.id)) {
    yield `${totals.files === 0 ? "" : ",\n"}${JSON.stringify(shown(file))}`;
    totals.files += 1;
    totals.bytes += Number(file.size_bytes);
  }
  yield '\n],\n"notStored":[\n';
  for await (const { path, size_bytes, reason } of receiptRejections(about.id)) {
    yield `${totals.notStored === 0 ? "" : ",\n"}${JSON.stringify({ path, size: Number(size_bytes), reason })}`;
    totals.notStored += 1;
  }
  yield `\n],\n"totals":${JSON.stringify(totals)},\n`;
}

function shown(file: ReceiptFile) {
  return {
    path: file.path,
    ...(file.sent_as === null ? {} : { sentAs: file.sent_as }),
    size: Number(file.size_bytes),
    // Until the site has read the bytes itself, the checksum is the sender's claim.
    ...(file.sha256 ? { sha256: file.sha256, sha256By: file.sha256_proven ? "site" : "sender" } : {}),
    ...(file.crc64nvme ? { crc64nvme: file.crc64nvme } : {}),
    ...(file.md5 ? { md5: file.md5 } : {}),
    versionId: file.version_id,
    mediaId: file.media_id,
    ...(file.unchanged ? { unchanged: true } : {}),
    ...(file.problem === null ? {} : { problem: file.problem }),
  };
}
