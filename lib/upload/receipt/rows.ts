import "server-only";
import { db, firstId, Prisma } from "@/lib/db";

/** A stored file of an upload, as SQL returns it: with its key, so the row never leaves the server. */
export type ReceiptFile = {
  path: string;
  media_id: string;
  size_bytes: bigint;
  sha256: string | null;
  sha256_proven: boolean;
  md5: string | null;
  crc64nvme: string | null;
  key: string;
  version_id: string;
  /** The media held these bytes already: the upload added no revision. */
  unchanged: boolean;
  /** The media is in the trash. */
  trashed: boolean;
  /** The reason why the site does not show these bytes: they cannot be read, or are not those that were sent. */
  problem: string | null;
};

type Row = ReceiptFile & { id: string };

const pageSize = 1_000;

/** Yields every file of an upload, page by page: first those that the upload added, then those that were there already. */
export async function* receiptFiles(uploadId: string): AsyncGenerator<ReceiptFile> {
  const about = Prisma.sql`m."path", m."id" AS "media_id", m."deleted_at" IS NOT NULL AS "trashed", r."size_bytes",
    r."sha256", r."sha256_proven", r."md5", r."crc64nvme", r."key", r."version_id",
    CASE WHEN r."state" = 'rejected' THEN coalesce(r."reject_reason", '') END AS "problem"`;
  yield* pages(
    (after) => Prisma.sql`
      SELECT r."id", false AS "unchanged", ${about}
      FROM "revision" r JOIN "media" m ON m."id" = r."media_id"
      WHERE r."upload_id" = ${uploadId}::uuid AND r."id" > ${after}::uuid ORDER BY r."id" LIMIT ${pageSize}`,
  );
  yield* pages(
    (after) => Prisma.sql`
      SELECT f."id", true AS "unchanged", ${about}
      FROM "upload_file" f JOIN "revision" r ON r."id" = f."same_as_id" JOIN "media" m ON m."id" = r."media_id"
      WHERE f."upload_id" = ${uploadId}::uuid AND f."same_as_id" IS NOT NULL AND f."id" > ${after}::uuid
      ORDER BY f."id" LIMIT ${pageSize}`,
  );
}

async function* pages(statement: (after: string) => Prisma.Sql): AsyncGenerator<ReceiptFile> {
  for (let after: string = firstId; ; ) {
    const page = await db().$queryRaw<Row[]>(statement(after));
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.id;
  }
}

export type Rejected = { path: string; size_bytes: bigint; reason: string };

/** Yields the rejections of an upload, by path. */
export async function* receiptRejections(uploadId: string): AsyncGenerator<Rejected> {
  for (let after = ""; ; ) {
    const page = await db().$queryRaw<Rejected[]>`
      SELECT "path", "size_bytes", "reason" FROM "upload_rejection"
      WHERE "upload_id" = ${uploadId}::uuid AND "path" > ${after} ORDER BY "path" LIMIT ${pageSize}`;
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.path;
  }
}
