import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { AppError, notFound, requireId } from "@/lib/errors";
import { visibleUploadsWhere } from "../queries";
import { bagArchive } from "./bag";
import { type About, receiptDocument } from "./document";
import { receiptPublicKey } from "./key";
import type { ReceiptFormat } from "./schema";
import { sha256Sums } from "./sums";

export type Receipt = { contentType: string; fileName: string; body: AsyncGenerator<string | Uint8Array> };

/**
 * Returns the receipt of an upload that the viewer may see, read page by page while `body` is consumed. Throws NOT_FOUND,
 * CONFLICT (not verified yet; a bag with files that have no SHA-256). `body` throws when the database fails, and is incomplete
 * then.
 */
export async function uploadReceipt(viewer: Viewer, uploadId: string, format: ReceiptFormat): Promise<Receipt> {
  const upload = await db().upload.findFirst({
    where: { AND: [{ id: requireId(uploadId, "upload") }, visibleUploadsWhere(viewer)] },
    select: {
      id: true,
      label: true,
      state: true,
      createdAt: true,
      sealedAt: true,
      endedAt: true,
      collection: { select: { slug: true } },
    },
  });
  if (!upload) throw notFound("upload");
  if (upload.state !== "verified") {
    throw new AppError("CONFLICT", "The receipt is available once the upload is verified.");
  }
  const about: About = {
    id: upload.id,
    collection: upload.collection.slug,
    label: upload.label,
    createdAt: upload.createdAt.toISOString(),
    sealedAt: upload.sealedAt?.toISOString() ?? null,
    verifiedAt: upload.endedAt?.toISOString() ?? null,
  };
  const fileNameOf = (extension: string) => `atoll-${upload.id}.${extension}`;
  if (format === "sha256sums") {
    return { contentType: "text/plain; charset=utf-8", fileName: fileNameOf("sha256"), body: sha256Sums(about) };
  }
  if (format === "bagit") {
    return { contentType: "application/x-tar", fileName: fileNameOf("tar"), body: await bagArchive(about) };
  }
  return {
    contentType: "application/json",
    fileName: fileNameOf("json"),
    body: receiptDocument(about, env().ATOLL_URL),
  };
}

/** Returns the public key that checks receipts, for every viewer. */
export async function receiptKey(_viewer: Viewer): Promise<string> {
  return receiptPublicKey();
}
