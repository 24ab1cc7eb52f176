import "server-only";
import { type Expression, type Selectable, sql } from "kysely";
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
import { sortPathOf } from "./policy";
import type { Turns } from "./turn/rows";

/** A file of an upload as it was found in the storage. */
export type Found = {
  path: string;
  /** The path at the client, where that is another form of Unicode. */
  sentAs: string | null;
  key: string;
  versionId: string;
  sizeBytes: number;
  etag: string;
  /** From the ETag, where that is an MD5. */
  md5: string | null;
  /** The sender's claim, unless it was refuted. */
  sha256: string | null;
  /** As the storage computed it. */
  crc64nvme: string | null;
};

const [media, collection] = [columns("media"), columns("collection")];
const [m, r, cur] = [columns("media", "m"), columns("revision", "r"), columns("revision", "cur")];

/** Whether the upload with this id is undone. One that is being redone is not. */
const isUndone = (uploadId: Expression<string>) => {
  const d = columns("upload_undo", "d");
  return sql`EXISTS (SELECT 1 FROM "upload_undo" d WHERE ${d.upload_id} = ${uploadId} AND ${d.redone_at} IS NULL)`;
};

/**
 * Whether this revision is wanted: the upload that made it is not undone, or another upload that is not undone brought the
 * same bytes since. Undoing restores the state without this upload: what other uploads brought stays.
 */
const isWanted = (revision: typeof r) => {
  const [f, u] = [columns("upload_file", "f"), columns("upload", "u")];
  return sql`(
    NOT ${isUndone(revision.upload_id)}
    OR EXISTS (
      SELECT 1 FROM "upload_file" f JOIN "upload" u ON ${u.id} = ${f.upload_id}
      WHERE ${f.same_as_id} = ${revision.id} AND ${u.sealed_at} IS NOT NULL AND NOT ${isUndone(u.id)}
    )
  )`;
};

/**
 * The last revision of media `m`, to be joined: its current one, or a newer one that waits to be derived. The same bytes sent
 * again add no revision.
 */
export const headOfMedia = sql<Selectable<Tables["revision"]>>`(
  SELECT r.* FROM "revision" r
  WHERE ${r.media_id} = ${m.id} AND (${r.id} = ${m.current_revision_id} OR (${r.state} = 'pending' AND ${isWanted(r)}))
  ORDER BY ${r.number} DESC LIMIT 1
)`;

/**
 * The revision that media `m` should show, to be joined: of its wanted revisions that no person removed, the newest that can be
 * shown whole, else the newest of which part can be shown, else the first that waits to be derived, else the last that is broken.
 */
const bestOfMedia = sql`(
  SELECT r.* FROM "revision" r WHERE ${r.media_id} = ${m.id} AND ${r.number} > ${m.removed_to} AND ${isWanted(r)}
  ORDER BY (${r.state} IN ('ready', 'kept') AND ${r.warning} IS NULL) DESC,
           ${r.state} IN ('ready', 'kept') DESC, ${r.state} = 'pending' DESC,
           CASE WHEN ${r.state} = 'pending' THEN -${r.number} ELSE ${r.number} END DESC
  LIMIT 1
)`;

const foundTypes = {
  path: "text",
  sent_as: "text",
  key: "text",
  version_id: "text",
  size_bytes: "bigint",
  etag: "text",
  md5: "text",
  sha256: "text",
  crc64nvme: "text",
} as const;

/** For media that a file makes. */
const withSortPath = { ...foundTypes, sort_path: "text" } as const;

function toRow({ sentAs, versionId, sizeBytes, ...found }: Found) {
  return { ...found, sent_as: sentAs, version_id: versionId, size_bytes: BigInt(sizeBytes) };
}

type TargetUpload = { id: string; collectionId: string; createdById: string | null };

/**
 * Selects those of these files whose bytes their media hold already from another upload: path → that revision. The objects of
 * these files will be removed, so a checksum counts only where it was computed from the stored bytes.
 */
export async function selectSame(
  tx: Transaction,
  { id, collectionId }: TargetUpload,
  found: Found[],
): Promise<Map<string, string>> {
  const rows = await rowsOf(
    tx,
    query
      .selectFrom(unnest("f", found.map(toRow), foundTypes))
      .innerJoin("media as m", (join) =>
        join.on("m.collection_id", "=", collectionId).onRef("m.path", "=", "f.path").on("m.deleted_at", "is", null),
      )
      .innerJoinLateral(headOfMedia.as("head"), (join) => join.onTrue())
      .select(["f.path", "head.id"])
      .where("head.upload_id", "<>", id)
      .where("head.state", "<>", "rejected")
      .whereRef("head.size_bytes", "=", "f.size_bytes")
      .where(({ and, or, eb, fn, ref, lit }) => {
        const [isMd5, isSha256] = [eb("head.md5", "=", ref("f.md5")), eb("head.sha256", "=", ref("f.sha256"))];
        const isProven = or([isMd5, and([isSha256, ref("head.sha256_proven")])]);
        return and([isProven, fn.coalesce(isSha256, lit(true)), fn.coalesce(isMd5, lit(true))]);
      }),
  );
  return new Map(rows.map(({ path, id: sameAsId }) => [path, sameAsId]));
}

type Inserted = Pick<Selectable<Tables["revision"]>, "id" | "key" | "size_bytes">;

/**
 * Inserts media and revisions of files, except those that an earlier run inserted; the n-th gets the turn `after + n * step` to be
 * derived. Returns the new revisions.
 */
export async function insertRevisions(
  tx: Transaction,
  { id, collectionId, createdById }: TargetUpload,
  found: Found[],
  { after, step }: Turns,
): Promise<Inserted[]> {
  if (found.length === 0) return [];
  const rows = found.map((file) => ({ ...toRow(file), sort_path: sortPathOf(file.path) }));
  const files = query.selectFrom(unnest("f", rows, withSortPath));
  // One instant for all pages of an upload: files without a date are then in the order of their names.
  const sealedAt = sql<Date>`coalesce(${query.selectFrom("upload").select("sealed_at").where("id", "=", id)}, now())`;
  await execute(
    tx,
    insertSelect("media", files, ({ ref }) => ({
      collection_id: uuid(collectionId),
      path: ref("f.path"),
      sort_path: ref("f.sort_path"),
      created_by_id: uuid(createdById),
      taken_at: sealedAt,
      created_at: sealedAt,
      updated_at: now,
    })).onConflict((conflict) => conflict.columns(["collection_id", "path"]).doNothing()),
  );
  const withMedia = files.innerJoin("media as m", (join) =>
    join.on("m.collection_id", "=", collectionId).onRef("m.path", "=", "f.path"),
  );
  const inserted = await rowsOf(
    tx,
    insertSelect("revision", withMedia, ({ ref, selectFrom }) => ({
      media_id: ref("m.id"),
      upload_id: uuid(id),
      number: sql<number>`1 + coalesce(${selectFrom("revision as r")
        .select(({ fn }) => fn.max("r.number").as("last"))
        .whereRef("r.media_id", "=", "m.id")}, 0)`,
      sent_as: ref("f.sent_as"),
      key: ref("f.key"),
      version_id: ref("f.version_id"),
      size_bytes: ref("f.size_bytes"),
      etag: ref("f.etag"),
      md5: ref("f.md5"),
      sha256: ref("f.sha256"),
      crc64nvme: ref("f.crc64nvme"),
      derive_order: sql<number>`least(2147483647, ${after}::bigint + ${step} * row_number() OVER (ORDER BY ${ref("f.path")}))::int`,
    }))
      .onConflict((conflict) => conflict.columns(["key", "version_id"]).doNothing())
      .returning(["id", "key", "size_bytes"]),
  );
  await showNewMedia(
    tx,
    collectionId,
    inserted.map(({ id }) => id),
  );
  return inserted;
}

/**
 * Makes new revisions current where there is nothing better: in new media, in media whose current revision is broken, and in
 * media in the trash, which are restored with the new bytes only. Takes only revisions that this run inserted: a page that runs
 * again must not reverse later changes of its media.
 */
async function showNewMedia(tx: Transaction, collectionId: string, revisionIds: string[]): Promise<void> {
  const [fresh, shown] = [columns("revision", "fresh"), columns("revision", "shown")];
  await execute(
    tx,
    sql`
      WITH shown AS (
        SELECT ${m.id}, ${fresh.id} AS "fresh_id", ${fresh.number}, ${fresh.size_bytes}, ${m.deleted_at} IS NOT NULL AS "was_trashed",
               ${cur.id} IS NOT NULL AND ${m.deleted_at} IS NULL AS "was_shown", coalesce(${cur.size_bytes}, 0) AS "was_bytes"
        FROM "revision" fresh JOIN "media" m ON ${m.id} = ${fresh.media_id}
        LEFT JOIN "revision" cur ON ${cur.id} = ${m.current_revision_id}
        WHERE ${fresh.id} = ANY(${revisionIds})
          AND (${cur.id} IS NULL OR ${m.deleted_at} IS NOT NULL OR ${cur.state} = 'rejected')
      ), changed AS (
        UPDATE "media" m SET
          ${media.current_revision_id} = shown."fresh_id", ${media.deleted_at} = NULL, ${media.trashed_by_undo} = false,
          ${media.removed_to} = CASE WHEN shown."was_trashed" AND NOT ${m.trashed_by_undo} THEN ${shown.number} - 1 ELSE ${m.removed_to} END,
          ${media.taken_at} = CASE WHEN shown."was_trashed" THEN ${m.created_at} ELSE ${m.taken_at} END,
          ${media.taken_known} = ${m.taken_known} AND NOT shown."was_trashed",
          ${media.taken_offset_minutes} = CASE WHEN NOT shown."was_trashed" THEN ${m.taken_offset_minutes} END,
          ${media.latitude} = NULL, ${media.longitude} = NULL, ${media.updated_at} = now()
        FROM shown WHERE ${m.id} = shown."id"
      ), total AS (
        SELECT count(*) FILTER (WHERE NOT "was_shown") AS "files",
               coalesce(sum(${shown.size_bytes} - CASE WHEN "was_shown" THEN "was_bytes" ELSE 0 END), 0) AS "bytes"
        FROM shown
      )
      UPDATE "collection" SET ${collection.media_count} = ${collection.media_count} + total."files",
                              ${collection.size_bytes} = ${collection.size_bytes} + total."bytes"
      FROM total WHERE ${collection.id} = ${uuid(collectionId)}`,
  );
}

/** Gives a pending revision this derived id where it has none. Returns its derived id; null when it is no longer pending. */
export async function setDerivedId(revisionId: string, derivedId: string): Promise<string | null> {
  const [revision] = await rowsOf(
    db(),
    query
      .updateTable("revision")
      .set(({ fn, val }) => ({ derived_id: fn.coalesce("derived_id", val(derivedId)) }))
      .where("id", "=", revisionId)
      .where("state", "=", "pending")
      .returning("derived_id"),
  );
  return revision?.derived_id ?? null;
}

/** What changed for some revisions: they were derived, or their upload was undone (at that time) or redone. */
export type Change = { derived: true } | { undoneAt: Date } | { redone: true };

/**
 * Makes the media of these revisions show their best revision, and updates the collection's counts. Needs the collection's
 * lock. An undo moves media without a wanted revision to the trash, and they leave it when they have one again. Media that a
 * person put in the trash stay there; media that a person restored stay shown until a newer revision can be.
 */
export async function showBest(
  tx: Transaction,
  collectionId: string,
  revisionIds: string[],
  change: Change,
): Promise<void> {
  const undoneAt = "undoneAt" in change ? change.undoneAt : null;
  const isDerived = "derived" in change;
  const [touched, next, best] = [
    columns("revision", "touched"),
    columns("revision", "next"),
    columns("revision", "best"),
  ];
  const [moved, changed] = [columns("revision", "moved"), columns("revision", "changed")];
  await execute(
    tx,
    sql`
      WITH moved AS (
        SELECT ${m.id}, ${m.deleted_at} IS NULL AS "was_shown", ${cur.size_bytes} AS "was_bytes", ${next.id} AS "next_id",
               ${next.size_bytes}, ${next.taken_at}, ${next.taken_offset_minutes}, ${next.latitude}, ${next.longitude},
               ${next.number} < ${cur.number} AS "is_older"
        FROM "revision" touched JOIN "media" m ON ${m.id} = ${touched.media_id}
        JOIN "revision" cur ON ${cur.id} = ${m.current_revision_id}
        LEFT JOIN LATERAL ${bestOfMedia} AS best ON true
        LEFT JOIN "revision" next ON ${next.id} = CASE
          WHEN ${m.trashed_by_undo} OR (${undoneAt}::timestamptz IS NOT NULL AND ${cur.id} = ${touched.id}) OR ${isWanted(cur)}
            OR (${best.number} > ${cur.number} AND ${best.state} IN ('ready', 'kept'))
          THEN ${best.id} ELSE ${cur.id} END
        WHERE ${touched.id} = ANY(${revisionIds})
          AND (${next.id} IS DISTINCT FROM ${cur.id} OR ${m.trashed_by_undo} OR (${isDerived} AND ${cur.id} = ${touched.id}))
      ), changed AS (
        UPDATE "media" m SET
          ${media.current_revision_id} = coalesce(moved."next_id", ${m.current_revision_id}),
          ${media.deleted_at} = CASE WHEN moved."next_id" IS NULL THEN coalesce(${m.deleted_at}, ${undoneAt}::timestamptz)
                                     WHEN NOT ${m.trashed_by_undo} THEN ${m.deleted_at} END,
          ${media.trashed_by_undo} = moved."next_id" IS NULL AND (moved."was_shown" OR ${m.trashed_by_undo}),
          ${media.taken_at} = CASE
            WHEN moved."next_id" IS NULL THEN ${m.taken_at}
            ELSE coalesce(${moved.taken_at}, CASE WHEN moved."is_older" THEN ${m.created_at} ELSE ${m.taken_at} END) END,
          ${media.taken_known} = ${moved.taken_at} IS NOT NULL
            OR (${m.taken_known} AND (moved."next_id" IS NULL OR NOT moved."is_older")),
          ${media.taken_offset_minutes} = CASE
            WHEN ${moved.taken_at} IS NOT NULL THEN ${moved.taken_offset_minutes}
            WHEN moved."next_id" IS NULL OR NOT moved."is_older" THEN ${m.taken_offset_minutes} END,
          ${media.latitude} = CASE WHEN moved."next_id" IS NULL THEN ${m.latitude} ELSE ${moved.latitude} END,
          ${media.longitude} = CASE WHEN moved."next_id" IS NULL THEN ${m.longitude} ELSE ${moved.longitude} END,
          ${media.updated_at} = now()
        FROM moved WHERE ${m.id} = moved."id"
        RETURNING moved.*, ${m.deleted_at} IS NULL AS "is_shown"
      ), total AS (
        SELECT coalesce(sum("is_shown"::int - "was_shown"::int), 0)::int AS "files",
               coalesce(sum(CASE WHEN "is_shown" THEN ${changed.size_bytes} ELSE 0 END - CASE WHEN "was_shown" THEN "was_bytes" ELSE 0 END), 0) AS "bytes"
        FROM changed
      )
      UPDATE "collection" SET ${collection.media_count} = ${collection.media_count} + total."files",
                              ${collection.size_bytes} = ${collection.size_bytes} + total."bytes"
      FROM total WHERE ${collection.id} = ${uuid(collectionId)} AND (total."files" <> 0 OR total."bytes" <> 0)`,
  );
}
