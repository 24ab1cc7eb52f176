import "server-only";
import { expressionBuilder, type InferResult } from "kysely";
import {
  columns,
  db,
  execute,
  insertSelect,
  now,
  query,
  rowsOf,
  type Tables,
  type Transaction,
  unnest,
  uuid,
} from "@/lib/db";
import type { AccountIds } from "@/lib/locks";
import { headOfMedia } from "@/lib/revision/rows";

/** What `upsertFiles` writes of a file, by the types of the columns. */
const fileTypes = {
  id: "uuid",
  path: "text",
  sent_as: "text",
  size_bytes: "bigint",
  content_type: "text",
  sha256: "text",
  md5: "text",
  crc64nvme: "text",
  modified_ms: "bigint",
  reserved_bytes: "bigint",
  s3_upload_id: "text",
  part_size: "int",
  completed_at: "timestamptz",
  stale_version: "text",
  copy_of_id: "uuid",
  same_as_id: "uuid",
} as const;
const written = Object.keys(fileTypes) as (keyof typeof fileTypes)[];

const files = query.selectFrom("upload_file").select([...written, "canceled_at"]);

/** A file a client registered, as SQL gives it. */
export type FileRow = InferResult<typeof files>[number];

/** Selects files by path. In a transaction it locks them: multiparts start and complete without the upload's lock. */
export async function selectFiles(uploadId: string, paths: string[], tx?: Transaction): Promise<Map<string, FileRow>> {
  const these = files.where(isOneOf(uploadId, paths));
  const rows = await rowsOf(tx ?? db(), tx ? these.forUpdate() : these);
  return new Map(rows.map((row) => [row.path, row]));
}

function isOneOf(uploadId: string, paths: string[]) {
  const { and, eb, fn, val } = expressionBuilder<Tables, "upload_file">();
  return and([eb("upload_id", "=", uploadId), eb("path", "=", fn.any(val(paths)))]);
}

/** How many files of one size or checksum, on the whole site, are examined: bytes that are not found are sent again. */
const candidates = 100;

/**
 * Looks files up in their collection by path, by checksum and by size. A checksum that a sender claimed counts for uploads of
 * that sender only; for others it counts once it was computed from the stored bytes. Otherwise a wrong claim could make
 * another person's file count as stored.
 */
export async function selectKnown(upload: AccountIds, files: FileToFind[]): Promise<Map<string, KnownFile>> {
  const rows = await rowsOf(db(), knownFiles(upload, files));
  return new Map(rows.map((row) => [row.path, row]));
}

type FileToFind = { path: string; sizeBytes: bigint; sha256: string | null };

function knownFiles({ collectionId, createdById }: AccountIds, files: FileToFind[]) {
  return (
    query
      .selectFrom(unnest("f", files, { path: "text", sizeBytes: "bigint", sha256: "text" }))
      .leftJoin("media as m", (join) => join.on("m.collection_id", "=", collectionId).onRef("m.path", "=", "f.path"))
      .leftJoin("revision as cur", (join) =>
        join.onRef("cur.id", "=", "m.current_revision_id").on("m.deleted_at", "is", null),
      )
      .leftJoinLateral(
        ({ selectFrom }) =>
          selectFrom(headOfMedia.as("head"))
            .innerJoin("upload as u", "u.id", "head.upload_id")
            .select("head.id")
            .where("m.deleted_at", "is", null)
            .whereRef("head.sha256", "=", "f.sha256")
            .whereRef("head.size_bytes", "=", "f.sizeBytes")
            .where("head.state", "<>", "rejected")
            .where(({ eb, or, ref }) => or([ref("head.sha256_proven"), eb("u.created_by_id", "=", createdById)]))
            .as("same"),
        (join) => join.onTrue(),
      )
      .leftJoinLateral(
        ({ selectFrom }) =>
          selectFrom(
            selectFrom("revision as equal")
              .select(["equal.id", "equal.media_id", "equal.upload_id", "equal.sha256_proven"])
              .whereRef("equal.sha256", "=", "f.sha256")
              .whereRef("equal.size_bytes", "=", "f.sizeBytes")
              .where("equal.state", "<>", "rejected")
              .limit(candidates)
              .as("r"),
          )
            .innerJoin("media as o", "o.id", "r.media_id")
            .innerJoin("upload as u", "u.id", "r.upload_id")
            .select("r.id")
            .where("o.collection_id", "=", collectionId)
            .where("o.deleted_at", "is", null)
            .where(({ eb, or, ref }) => or([ref("r.sha256_proven"), eb("u.created_by_id", "=", createdById)]))
            .limit(1)
            .as("other"),
        (join) => join.onTrue(),
      )
      .select(["f.path", "same.id as same_as_id", "other.id as copy_of_id"])
      // Of the media at the path, in the trash or not.
      .select(["m.id as media_id", "m.created_by_id as made_by_id"])
      .select(({ and, eb, exists, ref, selectFrom }) => [
        eb
          .case()
          .when("cur.size_bytes", "=", ref("f.sizeBytes"))
          .then("same" as const)
          .when("cur.id", "is not", null)
          .then("other" as const)
          .end()
          .as("exists"),
        and([
          eb("f.sha256", "is", null),
          exists(
            selectFrom(
              selectFrom("revision as r")
                .select("r.media_id")
                .whereRef("r.size_bytes", "=", "f.sizeBytes")
                .where("r.sha256", "is not", null)
                .limit(candidates)
                .as("sized"),
            )
              .innerJoin("media as o", "o.id", "sized.media_id")
              .where("o.collection_id", "=", collectionId)
              .where("o.deleted_at", "is", null),
          ),
        ]).as("may_be_known"),
      ])
  );
}

/** What the collection already has of a file. */
export type KnownFile = InferResult<ReturnType<typeof knownFiles>>[number];

/** Inserts a page of files in one statement. Replaces rows at the same paths, ids included, and clears their cancellation. */
export async function upsertFiles(tx: Transaction, uploadId: string, rows: FileRow[]): Promise<void> {
  await execute(
    tx,
    insertSelect("upload_file", query.selectFrom(unnest("f", rows, fileTypes)), () => ({
      upload_id: uuid(uploadId),
      ...writtenColumns("f"),
    })).onConflict((conflict) =>
      conflict.columns(["upload_id", "path"]).doUpdateSet({ ...writtenColumns("excluded"), canceled_at: null }),
    ),
  );
}

function writtenColumns(alias: string) {
  const file = columns("upload_file", alias);
  return Object.fromEntries(written.map((name) => [name, file[name]])) as Pick<typeof file, keyof typeof fileTypes>;
}

/** Adds checksums to files that match their registration and contradict none of its checksums. Returns their paths. */
export async function addChecksums(
  tx: Transaction,
  uploadId: string,
  files: {
    path: string;
    size: number;
    modifiedAt?: number | undefined;
    sha256?: string | undefined;
    md5?: string | undefined;
  }[],
): Promise<Set<string>> {
  const claims = files.map(({ path, size, modifiedAt, sha256 = null, md5 = null }) => {
    const modifiedMs = modifiedAt === undefined ? null : BigInt(modifiedAt);
    return { path, size_bytes: BigInt(size), modified_ms: modifiedMs, sha256, md5 };
  });
  const types = { path: "text", size_bytes: "bigint", modified_ms: "bigint", sha256: "text", md5: "text" } as const;
  const rows = await rowsOf(
    tx,
    query
      .updateTable("upload_file as f")
      .from(unnest("t", claims, types))
      .set(({ fn }) => ({ sha256: fn.coalesce("t.sha256", "f.sha256"), md5: fn.coalesce("t.md5", "f.md5") }))
      .where("f.upload_id", "=", uploadId)
      .whereRef("f.path", "=", "t.path")
      .where("f.canceled_at", "is", null)
      .whereRef("f.size_bytes", "=", "t.size_bytes")
      .whereRef("f.modified_ms", "is not distinct from", "t.modified_ms")
      .where(({ eb, fn, lit, ref }) => fn.coalesce(eb("f.sha256", "=", ref("t.sha256")), lit(true)))
      .where(({ eb, fn, lit, ref }) => fn.coalesce(eb("f.md5", "=", ref("t.md5")), lit(true)))
      .returning("f.path"),
  );
  return new Set(rows.map(({ path }) => path));
}

/** Marks files as canceled, by path or by id. Returns their multiparts and the bytes that were reserved for them. */
export async function markCanceled(tx: Transaction, uploadId: string, which: { paths: string[] } | { id: string }) {
  const had = query
    .selectFrom("upload_file")
    .select(["id", "reserved_bytes"])
    .where("upload_id", "=", uploadId)
    .where(({ eb, fn, val }) => ("id" in which ? eb("id", "=", which.id) : eb("path", "=", fn.any(val(which.paths)))))
    .forUpdate();
  return rowsOf(
    tx,
    query
      .with("had", () => had)
      .updateTable("upload_file as f")
      .from("had")
      .set(({ fn }) => ({
        canceled_at: fn.coalesce("f.canceled_at", now),
        reserved_bytes: 0n,
        copy_of_id: null,
        same_as_id: null,
      }))
      .whereRef("f.id", "=", "had.id")
      .returning(["f.path", "f.sent_as", "f.s3_upload_id", "had.reserved_bytes as released"]),
  );
}

/** Selects those of these paths that are canceled now, none of an upload of which everything is kept (`keepsUnpinned`). */
export async function selectRemovable(uploadId: string, paths: string[]): Promise<Set<string>> {
  const removes = query
    .selectFrom("upload")
    .select("id")
    .where("id", "=", uploadId)
    .where(({ not, ref }) => not(ref("keeps_unpinned")));
  const rows = await rowsOf(
    db(),
    query
      .selectFrom("upload_file")
      .select("path")
      .where(isOneOf(uploadId, paths))
      .where("canceled_at", "is not", null)
      .where(({ exists }) => exists(removes)),
  );
  return new Set(rows.map(({ path }) => path));
}

/**
 * Deletes the files registered to an ended upload, except those its receipt needs: the others are recorded as revisions or
 * rejections. In pages by path, so that the rows of 800,000 files are not locked at once.
 */
export async function deleteFiles(uploadId: string, pageSize = 5_000): Promise<void> {
  for (let after: string | null = ""; after !== null; ) {
    const [page]: { last: string | null }[] = await rowsOf(db(), deletePage(uploadId, after, pageSize));
    after = page?.last ?? null;
  }
}

function deletePage(uploadId: string, after: string, pageSize: number) {
  return query
    .with("page", (cte) =>
      cte
        .selectFrom("upload_file")
        .select(["id", "path", "same_as_id"])
        .where("upload_id", "=", uploadId)
        .where("path", ">", after)
        .orderBy("path")
        .limit(pageSize),
    )
    .with("gone", (cte) =>
      cte
        .deleteFrom("upload_file as f")
        .using("page")
        .whereRef("f.id", "=", "page.id")
        .where("page.same_as_id", "is", null),
    )
    .selectFrom("page")
    .select(({ fn }) => fn.max("path").as("last"));
}
