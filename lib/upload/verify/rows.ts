import "server-only";
import { type Expression, type InferResult, type RawBuilder, sql } from "kysely";
import {
  columns,
  db,
  execute,
  firstId,
  insertSelect,
  lastId,
  query,
  rowsOf,
  type Transaction,
  unnest,
  uuid,
} from "@/lib/db";
import { lockUpload, longTransaction } from "@/lib/locks";
import { mediaAt } from "@/lib/media/rows";
import { type Found, headOfMedia } from "@/lib/revision/rows";

type Sealed = { id: string; collectionId: string };

/** As many files may still be copied after the upload is aborted. */
const copiesPerPage = 50;

/**
 * Selects files to be copied within the storage, by path, those after `after`; not from revisions that were rejected since.
 * None once the upload is no longer sealed.
 */
export async function selectCopies(uploadId: string, after: string): Promise<FileToCopy[]> {
  return rowsOf(db(), copies.where("f.upload_id", "=", uploadId).where("f.path", ">", after));
}

const copies = query
  .selectFrom("upload as u")
  .innerJoin("upload_file as f", "f.upload_id", "u.id")
  .innerJoin("revision as r", "r.id", "f.copy_of_id")
  .select(["f.path", "f.sent_as", "f.size_bytes", "f.stale_version", "r.key", "r.version_id"])
  .where("u.state", "=", "sealed")
  .where("f.copy_of_id", "is not", null)
  .where("r.state", "<>", "rejected")
  .orderBy("f.path")
  .limit(copiesPerPage);
export type FileToCopy = InferResult<typeof copies>[number];

const samePerPage = 5_000;

/**
 * Counts the files of a sealed upload that are the same as what their media hold. Files that no longer are, as their media have
 * changed or the revision was rejected since, are marked to be copied instead. In pages, each done once.
 */
export async function settleSame(upload: Sealed): Promise<void> {
  while (await db().$transaction((tx) => settleSamePage(tx, upload), longTransaction));
}

async function settleSamePage(tx: Transaction, { id, collectionId }: Sealed): Promise<boolean> {
  const upload = await lockUpload(tx, id);
  if (upload?.state !== "sealed" || upload.settled_to === lastId) return false;
  const [settled] = await rowsOf(
    tx,
    query
      .with("page", (cte) =>
        cte
          .selectFrom("upload_file as f")
          .select(["f.id", "f.path", "f.same_as_id"])
          .where("f.upload_id", "=", id)
          .where("f.same_as_id", "is not", null)
          .where("f.id", ">", upload.settled_to ?? firstId)
          .orderBy("f.id")
          .limit(samePerPage),
      )
      .with("same", (cte) =>
        cte
          .selectFrom("page")
          .innerJoinLateral(mediaAt(collectionId, sql.ref("page.path")).as("m"), (join) =>
            join.on("m.deleted_at", "is", null),
          )
          .innerJoinLateral(headOfMedia.as("head"), (join) =>
            join.onRef("head.id", "=", "page.same_as_id").on("head.state", "<>", "rejected"),
          )
          .select("page.id"),
      )
      .with("unsettled", (cte) =>
        cte
          .updateTable("upload_file as f")
          .from("page")
          .set(({ ref }) => ({ copy_of_id: ref("f.same_as_id"), same_as_id: null }))
          .whereRef("f.id", "=", "page.id")
          .where(({ not, exists, selectFrom }) => not(exists(selectFrom("same").whereRef("same.id", "=", "page.id")))),
      )
      .selectNoFrom([countOf("same").as("same"), lastOf(file.id, samePerPage).as("last")]),
  );
  const { same, last } = settled ?? { same: 0, last: null };
  await tx.upload.update({
    where: { id },
    data: { settledTo: last ?? lastId, verifiedFiles: { increment: same }, unchangedFiles: { increment: same } },
  });
  return last !== null;
}

/**
 * Selects those of these paths for which this upload has recorded a revision, the same bytes or a rejection, with the key of the
 * revision. What a live grant puts there later is ignored: one file of an upload makes one revision.
 */
export async function selectRecorded(
  tx: Transaction,
  { id, collectionId }: Sealed,
  paths: string[],
): Promise<Map<string, string | null>> {
  const named = paths.map((path) => ({ path }));
  const rows = await rowsOf(
    tx,
    query
      .selectFrom(unnest("f", named, { path: "text" }))
      .leftJoinLateral(madeAt(id, collectionId, sql.ref("f.path")).as("made"), (join) => join.onTrue())
      .select(["f.path", "made.key"])
      .where(({ eb, or, exists, selectFrom }) =>
        or([
          eb("made.key", "is not", null),
          exists(selectFrom("upload_rejection as r").where("r.upload_id", "=", id).whereRef("r.path", "=", "f.path")),
          exists(
            selectFrom("upload_file as s")
              .where("s.upload_id", "=", id)
              .whereRef("s.path", "=", "f.path")
              .where("s.same_as_id", "is not", null),
          ),
        ]),
      ),
  );
  return new Map(rows.map(({ path, key }) => [path, key]));
}

/** Records the files that are the same as what their media hold, registered or not, so that the receipt names them. */
export async function insertSame(
  tx: Transaction,
  uploadId: string,
  found: Found[],
  same: ReadonlyMap<string, string>,
): Promise<void> {
  const files = found.flatMap(({ path, sizeBytes }) => {
    const sameAsId = same.get(path);
    return sameAsId === undefined ? [] : [{ path, size_bytes: BigInt(sizeBytes), same_as_id: sameAsId }];
  });
  const source = query.selectFrom(unnest("f", files, { path: "text", size_bytes: "bigint", same_as_id: "uuid" }));
  await execute(
    tx,
    insertSelect("upload_file", source, ({ ref }) => ({
      upload_id: uuid(uploadId),
      path: ref("f.path"),
      size_bytes: ref("f.size_bytes"),
      same_as_id: ref("f.same_as_id"),
    })).onConflict((conflict) =>
      conflict
        .columns(["upload_id", "path"])
        .doUpdateSet(({ ref }) => ({ same_as_id: ref("excluded.same_as_id"), copy_of_id: null })),
    ),
  );
}

const missingPerPage = 5_000;

/**
 * Rejects the files of a page by path that were registered and are neither recorded nor rejected. Returns how many these were,
 * and the path after which the next page begins; null after the last page.
 */
export async function rejectMissing(
  tx: Transaction,
  { id, collectionId }: Sealed,
  after: string,
): Promise<{ missing: number; last: string | null }> {
  const [page] = await rowsOf(
    tx,
    query
      .with("page", (cte) =>
        cte
          .selectFrom("upload_file")
          .select(["upload_id", "path", "size_bytes", "same_as_id", "canceled_at"])
          .where("upload_id", "=", id)
          .where("path", ">", after)
          .orderBy("path")
          .limit(missingPerPage),
      )
      .with("missing", (cte) =>
        insertSelect(
          "upload_rejection",
          cte
            .selectFrom("page as f")
            .leftJoinLateral(mediaAt(collectionId, sql.ref("f.path")).as("m"), (join) =>
              join.on("m.deleted_at", "is", null),
            )
            .where("f.same_as_id", "is", null)
            .where("f.canceled_at", "is", null)
            .where(({ not, exists }) => not(exists(madeAt(id, collectionId, sql.ref("f.path"))))),
          ({ eb, ref }) => ({
            upload_id: ref("f.upload_id"),
            path: ref("f.path"),
            size_bytes: ref("f.size_bytes"),
            reason: eb
              .case()
              .when("m.id", "is", null)
              .then("It was registered and never arrived. Upload it again.")
              .else("It was registered and never arrived; the file that was at this path is unchanged.")
              .end(),
          }),
        )
          .onConflict((conflict) => conflict.doNothing())
          .returning("path"),
      )
      .selectNoFrom([countOf("missing").as("missing"), lastOf(file.path, missingPerPage).as("last")]),
  );
  return page ?? { missing: 0, last: null };
}

/** How many revisions of a media are searched, the newest first: more than other uploads add while one is verified. */
const newestRevisions = 1_000;

/**
 * The revision that an upload made of the media at a path, whose key may have another form of Unicode: one at most. LIMIT keeps
 * the upload's id out of the subquery: without statistics the planner might read all revisions of the upload for each path.
 */
function madeAt(uploadId: string, collectionId: string, path: Expression<string>) {
  return query
    .selectFrom(mediaAt(collectionId, path).as("there"))
    .innerJoinLateral(
      ({ selectFrom }) =>
        selectFrom("revision as r")
          .select(["r.upload_id", "r.key"])
          .whereRef("r.media_id", "=", "there.id")
          .orderBy("r.number", "desc")
          .limit(newestRevisions)
          .as("its"),
      (join) => join.on("its.upload_id", "=", uploadId),
    )
    .select("its.key")
    .limit(1);
}

const file = columns("upload_file");

function countOf(table: string): RawBuilder<number> {
  return sql`(SELECT count(*)::int FROM ${sql.table(table)})`;
}

/** This column in the last row of `page`, after which the next page begins; null when the page is not full. */
function lastOf(column: Expression<string>, pageSize: number): RawBuilder<string | null> {
  return sql`CASE WHEN ${countOf("page")} = ${pageSize} THEN (SELECT ${column} FROM page ORDER BY ${column} DESC LIMIT 1) END`;
}

/** Returns those of these versions that a revision pins, each as `version_id key`. */
export async function selectPinned(versions: { key: string; versionId: string }[]): Promise<Set<string>> {
  const listed = versions.map(({ key, versionId }) => ({ key, version_id: versionId }));
  const pinned = await rowsOf(
    db(),
    query
      .selectFrom("revision as r")
      .innerJoin(unnest("listed", listed, { key: "text", version_id: "text" }), (join) =>
        join.onRef("r.key", "=", "listed.key").onRef("r.version_id", "=", "listed.version_id"),
      )
      .select(["r.key", "r.version_id"]),
  );
  return new Set(pinned.map((row) => `${row.version_id} ${row.key}`));
}
