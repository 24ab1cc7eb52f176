import { expect } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { recordDerivation } from "@/lib/media/commands";
import { hex } from "@/tests/support/checksums";
import { system } from "@/tests/support/fixtures/people";
import { opened, verified } from "@/tests/support/fixtures/uploads";

export type DropOptions = { by: UserViewer; derived: boolean };

/** Sends and verifies files, and derives them unless `derived` is false. Returns the upload's id and its revisions. */
export async function dropInto(
  slug: string,
  files: Record<string, string>,
  { by, derived = true }: Pick<DropOptions, "by"> & Partial<DropOptions>,
): Promise<{ id: string; revisions: string[] }> {
  const upload = await opened(by, slug, files);
  const revisions = await verified(by, upload);
  if (derived) for (const id of revisions) await derive(id, null, files);
  return { id: upload.id, revisions };
}

export const takenAt = new Date("2024-05-17T07:30:00Z");

/** As the worker would that found a picture; with the checksum of its bytes where `files` has them. */
export async function derive(
  id: string,
  takenAt: Date | null = null,
  files: Record<string, string> = {},
  takenOffsetMinutes: number | null = null,
): Promise<void> {
  const { media } = await db().revision.findUniqueOrThrow({ where: { id }, select: { media: true } });
  const text = files[media.path];
  const [latitude, longitude] = takenAt ? [12.5, 1] : [null, null];
  await recordDerivation(system, id, {
    ...(text === undefined ? {} : { sha256: hex("sha256", text) }),
    ...{ state: "ready", contentType: "image/jpeg", width: 4, height: 3, derivedId: id.replaceAll("-", "") },
    ...{ warning: null, displayNote: null },
    metadata: { takenAt, takenOffsetMinutes, latitude, longitude },
  });
}

/** The sizes of what a collection shows, by path. Whatever is shown is what is counted. */
export async function shownIn(slug: string): Promise<Record<string, number>> {
  const media = await db().media.findMany({
    where: { collection: { slug }, deletedAt: null },
    select: { path: true, currentRevision: { select: { sizeBytes: true } } },
    orderBy: { path: "asc" },
  });
  const { mediaCount, sizeBytes } = await db().collection.findUniqueOrThrow({ where: { slug } });
  const sizes = Object.fromEntries(
    media.map(({ path, currentRevision }) => [path, Number(currentRevision?.sizeBytes)]),
  );
  expect({ mediaCount, sizeBytes: Number(sizeBytes) }).toEqual({
    mediaCount: media.length,
    sizeBytes: Object.values(sizes).reduce((sum, size) => sum + size, 0),
  });
  return sizes;
}

/** As if an upload had brought so many files more, of a byte each. */
export async function manyFiles(slug: string, uploadId: string, count: number): Promise<void> {
  await db().$executeRaw`
    WITH made AS (
      INSERT INTO "media" ("collection_id", "path", "taken_at", "updated_at")
      SELECT c."id", 'many/' || n, now(), now() FROM "collection" c, generate_series(1, ${count}::int) n WHERE c."slug" = ${slug}
      RETURNING "id", "path"
    ), brought AS (
      INSERT INTO "revision" ("media_id", "upload_id", "number", "key", "version_id", "size_bytes", "etag", "state")
      SELECT "id", ${uploadId}::uuid, 1, ${uploadId} || "path", 'v', 1, 'e', 'kept' FROM made
    )
    UPDATE "collection" SET "media_count" = "media_count" + ${count}::int, "size_bytes" = "size_bytes" + ${count}::int
    WHERE "slug" = ${slug}`;
  await db().$executeRaw`
    UPDATE "media" SET "current_revision_id" = (SELECT r."id" FROM "revision" r WHERE r."media_id" = "media"."id")
    WHERE "path" LIKE 'many/%' AND "collection_id" = (SELECT "id" FROM "collection" WHERE "slug" = ${slug})`;
}
