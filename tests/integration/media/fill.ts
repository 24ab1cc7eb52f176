import { randomUUID } from "node:crypto";
import { db } from "@/lib/db";
import { sortPathOf } from "@/lib/revision/policy";

export type Filled = { id: string; path: string; takenAt: Date };
type Wanted = Omit<Filled, "id"> & { deletedAt?: Date };

/** Gives a collection media, as an upload would that brought files which are no pictures. `sortPath` as they had before it was stored: none. */
export async function fill(
  collectionId: string,
  wanted: Wanted[],
  { sorted = true, sealedAt = new Date() }: { sorted?: boolean; sealedAt?: Date } = {},
): Promise<Filled[]> {
  const media = wanted.map((one) => ({ ...one, id: randomUUID() }));
  const upload = await db().upload.create({
    data: { collectionId, state: "verified", sealedAt, endedAt: sealedAt, expiresAt: sealedAt },
  });
  await db().media.createMany({
    data: media.map(({ deletedAt, ...one }) => ({
      ...one,
      collectionId,
      sortPath: sorted ? sortPathOf(one.path) : "",
      createdAt: one.takenAt,
      deletedAt: deletedAt ?? null,
    })),
  });
  const revisions = media.map(({ id, path }) => ({ id: randomUUID(), mediaId: id, key: `${upload.id}/${path}` }));
  await db().revision.createMany({
    data: revisions.map((one) => ({
      ...one,
      ...{
        uploadId: upload.id,
        number: 1,
        versionId: "1",
        sizeBytes: 1,
        etag: "e",
        state: "kept",
        contentType: "text/plain",
      },
    })),
  });
  await db().$executeRaw`
    UPDATE "media" m SET "current_revision_id" = r."id" FROM "revision" r
    WHERE r."media_id" = m."id" AND m."collection_id" = ${collectionId}::uuid`;
  return media;
}
