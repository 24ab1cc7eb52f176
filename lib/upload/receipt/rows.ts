import "server-only";
import { type Compilable, type InferResult, sql } from "kysely";
import { db, firstId, query, rowsOf } from "@/lib/db";

const pageSize = 1_000;

const stored = query
  .selectFrom("revision as r")
  .innerJoin("media as m", "m.id", "r.media_id")
  .select(["m.path", "m.id as media_id", "r.size_bytes", "r.sha256", "r.sha256_proven", "r.md5", "r.crc64nvme"])
  .select(["r.key", "r.version_id"])
  .select(({ eb, fn }) => [
    /** The media is in the trash. */
    eb("m.deleted_at", "is not", null).as("trashed"),
    /** The reason why the site does not show these bytes: they cannot be read, or are not those that were sent. */
    eb
      .case()
      .when("r.state", "=", "rejected")
      .then(fn.coalesce("r.reject_reason", sql.lit("")))
      .end()
      .as("problem"),
  ])
  .limit(pageSize);

function addedFiles(uploadId: string, after: string) {
  return stored
    .select(["r.id", "r.sent_as", sql<boolean>`false`.as("unchanged")])
    .where("r.upload_id", "=", uploadId)
    .where("r.id", ">", after)
    .orderBy("r.id");
}

/** The media held these bytes already: the upload added no revision. */
function unchangedBy(uploadId: string, after: string) {
  return stored
    .innerJoin("upload_file as f", "f.same_as_id", "r.id")
    .select(["f.id", "f.sent_as", sql<boolean>`true`.as("unchanged")])
    .where("f.upload_id", "=", uploadId)
    .where("f.same_as_id", "is not", null)
    .where("f.id", ">", after)
    .orderBy("f.id");
}

/** A stored file of an upload, as SQL returns it: with its key, so the row never leaves the server. */
export type ReceiptFile = InferResult<ReturnType<typeof addedFiles>>[number];

/**
 * Returns the path by which an upload's sender knows a file: the media's, or the same in the form of Unicode that it was sent
 * in. No two files of an upload have the same one.
 */
export function sentPath({ path, sent_as }: Pick<ReceiptFile, "path" | "sent_as">): string {
  return sent_as ?? path;
}

/** Yields every file of an upload, page by page: first those that the upload added, then those that were there already. */
export async function* receiptFiles(uploadId: string): AsyncGenerator<ReceiptFile> {
  yield* pages((after) => addedFiles(uploadId, after));
  yield* pages((after) => unchangedBy(uploadId, after));
}

async function* pages(statement: (after: string) => Compilable<ReceiptFile>): AsyncGenerator<ReceiptFile> {
  for (let after: string = firstId; ; ) {
    const page = await rowsOf(db(), statement(after));
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.id;
  }
}

const rejections = query
  .selectFrom("upload_rejection")
  .select(["path", "size_bytes", "reason"])
  .orderBy("path")
  .limit(pageSize);

export type Rejected = InferResult<typeof rejections>[number];

/** Yields the rejections of an upload, by path. */
export async function* receiptRejections(uploadId: string): AsyncGenerator<Rejected> {
  for (let after = ""; ; ) {
    const page = await rowsOf(db(), rejections.where("upload_id", "=", uploadId).where("path", ">", after));
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.path;
  }
}
