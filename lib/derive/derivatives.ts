import "server-only";
import { derivedKey, derivedPrefix } from "@/lib/storage/keys";
import { deleteVersions } from "@/lib/storage/objects/deletion";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { putObject } from "@/lib/storage/objects/objects";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import type { Derivative } from "./file/thumbnails";

/** A derivative never changes under its key. Private: only holders of a signed URL may read it. */
const derivativeCaching = "private, max-age=31536000, immutable";

/** Stores the derivatives of a revision. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL. */
export async function storeDerivatives(
  permit: BucketPermit,
  derivedId: string,
  derivatives: Derivative[],
): Promise<void> {
  await Promise.all(
    derivatives.map(({ size, bytes }) =>
      putObject(permit, {
        key: derivedKey(derivedId, size),
        body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        contentType: "image/webp",
        cacheControl: derivativeCaching,
      }),
    ),
  );
}

/** Deletes all versions of a revision's derivatives. Idempotent. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL. */
export async function removeDerivatives(permit: BucketPermit, derivedId: string): Promise<void> {
  for await (const page of listObjectVersions(derivedPrefix(derivedId))) await deleteVersions(permit, page);
}
