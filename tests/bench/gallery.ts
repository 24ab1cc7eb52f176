import { chmod, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { closeDb, db, type Prisma, rowsOf } from "@/lib/db";
import type { MediaPosition } from "@/lib/media/cursor";
import { pageSize } from "@/lib/media/policy";
import { pageStatement } from "@/lib/media/rows";
import { sortPathOf } from "@/lib/revision/policy";
import { startTestPostgres } from "@/tests/support/services/postgres";
import { databaseUrl, makeTemplate } from "@/tests/support/template";
import { type BenchResult, median, type Row } from "./report";

const mediaCount = 1_000_000;
const rounds = 60;
const collectionId = "00000000-0000-4000-8000-00000000c011";
/** How many of them have the same instant, as an upload of files without dates has. */
const sameInstantCount = 100_000;
/** About 90,000 media are newer than those of the same instant. */
const positions = {
  first: 0,
  "of one instant": 150_000,
  middle: mediaCount / 2,
  last: mediaCount - pageSize.gallery,
} as const;
type Position = keyof typeof positions;

/** Creates a collection of a million media, each with a revision. */
async function fill(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await fillWith(client);
  } finally {
    await client.end();
  }
}

async function fillWith(client: pg.Client): Promise<void> {
  // The two tables reference each other. Replica role skips the foreign key checks.
  await client.query("SET session_replication_role = replica; SET synchronous_commit = off");
  await client.query(`
    INSERT INTO "collection" ("id", "slug", "name", "updated_at") VALUES ('${collectionId}', 'reef', 'Reef', now());
    INSERT INTO "upload" ("id", "collection_id", "expires_at") VALUES ('${collectionId}', '${collectionId}', now());
    INSERT INTO "media" ("id", "collection_id", "path", "sort_path", "current_revision_id", "taken_at", "updated_at")
    SELECT md5('m' || i)::uuid, '${collectionId}', 'site-' || i % 400 + 1 || '/IMG_' || i || '.jpg',
           'site-' || length((i % 400 + 1)::text) || i % 400 + 1 || E'\\x01img_' || length(i::text) || i || E'\\x02jpg',
           md5('r' || i)::uuid,
           now() - CASE WHEN i <= ${sameInstantCount} THEN ${mediaCount} / 10 ELSE i::bigint * 7919 % ${mediaCount} END
             * interval '151 seconds', now()
    FROM generate_series(1, ${mediaCount}) AS i;
    INSERT INTO "revision" ("id", "media_id", "upload_id", "number", "key", "version_id", "size_bytes", "etag", "md5",
                            "content_type", "state", "width", "height", "derived_id")
    SELECT md5('r' || i)::uuid, md5('m' || i)::uuid, '${collectionId}', 1,
           'media/${collectionId}/${collectionId}/site-' || i % 400 + 1 || '/IMG_' || i || '.jpg', md5('v' || i), 4000000,
           md5('e' || i), md5('e' || i), 'image/jpeg', 'ready', 4000, 3000, md5('d' || i)
    FROM generate_series(1, ${mediaCount}) AS i;
    -- Prisma cannot name the expression in the gallery's own index.
    CREATE INDEX ON "media"("collection_id", "taken_at" DESC, "sort_path", "id") WHERE "deleted_at" IS NULL`);
  const { rows: sorted } = await client.query(`SELECT "path", "sort_path" FROM "media" ORDER BY "id" LIMIT 1000`);
  if (sorted.some((row) => row.sort_path !== sortPathOf(row.path)))
    throw new Error("a sort path is not that of its path");
  await client.query("VACUUM ANALYZE");
}

type Place = MediaPosition & { sortPath: string };
const inOrder = [
  { takenAt: "desc" },
  { sortPath: "asc" },
  { id: "asc" },
] satisfies Prisma.MediaOrderByWithRelationInput[];

async function placeAt(skipped: number): Promise<Place | null> {
  if (skipped === 0) return null;
  return db().media.findFirst({
    select: { takenAt: true, sortPath: true, id: true },
    where: { collectionId, deletedAt: null },
    orderBy: inOrder,
    skip: skipped - 1,
  });
}

/** Reads a keyset page with Prisma's query API, without raw SQL. */
function prismaPage(after: Place | null, take: number) {
  const { takenAt, sortPath, id } = after ?? {};
  const later = after && [
    { takenAt: { lt: takenAt } },
    { takenAt, sortPath: { gt: sortPath } },
    { takenAt, sortPath, id: { gt: id } },
  ];
  return db().media.findMany({
    where: { collectionId, deletedAt: null, ...(later ? { OR: later } : {}) } as Prisma.MediaWhereInput,
    include: { currentRevision: true },
    orderBy: inOrder,
    take,
  });
}

function offsetPage(skip: number, take: number) {
  return db().media.findMany({
    where: { collectionId, deletedAt: null },
    include: { currentRevision: true },
    orderBy: inOrder,
    skip,
    take,
  });
}

/** Returns PostgreSQL's own time for planning and executing a page, in ms, without the connection. */
async function inDatabase(after: MediaPosition | null, take: number): Promise<number> {
  const [row] = await rowsOf(
    db(),
    sql<{ "QUERY PLAN": Record<string, number>[] }>`
      EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${pageStatement(collectionId, after, take)}`,
  );
  const plan = row?.["QUERY PLAN"][0];
  return (plan?.["Planning Time"] ?? Number.NaN) + (plan?.["Execution Time"] ?? Number.NaN);
}

async function timed(run: () => Promise<unknown[]>): Promise<number> {
  const start = performance.now();
  const { length } = await run();
  if (length === 0) throw new Error("a page came back empty");
  return performance.now() - start;
}

/** Measures three ways to read a page of 60 of a million, at four positions. */
export async function bench(): Promise<BenchResult> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "atoll-bench-"));
  await chmod(dir, 0o711);
  const postgres = await startTestPostgres(path.join(dir, "postgres"));
  try {
    const { name } = await makeTemplate(postgres.adminUrl);
    process.env.DATABASE_URL = databaseUrl(postgres.adminUrl, name);
    process.env.NEXTAUTH_SECRET ??= "required by the environment, unused by the benchmark";
    await fill(process.env.DATABASE_URL);
    return report(await measure());
  } finally {
    await closeDb();
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

const ways = {
  inDatabase: "Atoll: row-comparison keyset, in the database",
  atoll: "Atoll: the same, with Prisma and the connection",
  orForm: "Prisma keyset (OR form)",
  offset: "Prisma OFFSET",
} as const;
type Way = keyof typeof ways;
type Times = Record<Way, Record<Position, number[]>>;

/** Alternates ways and positions, so that a drift of the machine's speed affects all alike. */
async function measure(): Promise<Times> {
  const take = pageSize.gallery + 1;
  const places = Object.entries(positions) as [Position, number][];
  const none = () => ({ first: [], "of one instant": [], middle: [], last: [] });
  const times: Times = { inDatabase: none(), atoll: none(), orForm: none(), offset: none() };
  const cursors = new Map(await Promise.all(places.map(async ([name, skip]) => [name, await placeAt(skip)] as const)));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, skip] of places) {
      const after = cursors.get(name) ?? null;
      times.inDatabase[name].push(await inDatabase(after, take));
      times.atoll[name].push(await timed(() => rowsOf(db(), pageStatement(collectionId, after, take))));
      if (round % 20 !== 0) continue;
      times.orForm[name].push(await timed(() => prismaPage(after, take)));
      times.offset[name].push(await timed(() => offsetPage(skip, take)));
    }
  }
  return times;
}

function report(times: Times): BenchResult {
  const at = (way: Way) => Object.keys(positions).map((name) => median(times[way][name as Position]));
  const row = (way: Way): Row => ({
    name: ways[way],
    figures: at(way).map((value) => ({ value, unit: "ms", digits: 2 })),
  });
  const ours = at("inDatabase");
  const spread = Math.max(...ours) / Math.min(...ours);
  return {
    title: "A page of 60 from a collection of 1,000,000 media, 100,000 of them of one instant",
    conditions: `Embedded PostgreSQL, median of ${rounds} rounds (${Math.ceil(rounds / 20)} for the peers), alternating.`,
    columns: Object.keys(positions),
    rows: (Object.keys(ways) as Way[]).map(row),
    targets: [
      { text: "all positions within 1.5 × of each other", met: spread <= 1.5 },
      { text: "under 10 ms in the database", met: ours.every((value) => value < 10) },
    ],
  };
}
