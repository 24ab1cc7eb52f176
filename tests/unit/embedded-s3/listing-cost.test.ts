import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/lib/embedded/s3/store/database";
import { objectKey, versionKey } from "@/lib/embedded/s3/store/keys";
import { listObjects, listVersions } from "@/lib/embedded/s3/store/listing";
import { silentLogger } from "@/lib/embedded/s3/store/logger";
import type { BucketRecord, ObjectRecord } from "@/lib/embedded/s3/store/records";
import { openStore, type Store } from "@/lib/embedded/s3/store/store";

/** `ATOLL_TEST_LISTING_KEYS=1000000 npx vitest run --project unit tests/unit/embedded-s3/listing-cost` */
const keys = Number(process.env.ATOLL_TEST_LISTING_KEYS ?? 50_000);
const perFolder = 50;
const folders = keys / perFolder;
const PAGE = 1000;
const ROUNDS = 25;

let folder: string;
let store: Store;
let bucket: BucketRecord;

const digits = (number: number) => String(number).padStart(7, "0");
const keyAt = (index: number) => `folder-${digits(Math.floor(index / perFolder))}/${digits(index)}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "s3-listing-"));
  store = await openStore(folder, silentLogger);
  await store.buckets.create({ name: "many", owner: "root" });
  bucket = store.buckets.find("many") as BucketRecord;
  const { heads, versions } = store.database;
  for (let from = 0; from < keys; from += 10_000) {
    await store.database.commit(() => {
      for (let i = from; i < Math.min(from + 10_000, keys); i++) {
        heads.put(objectKey(bucket.id, keyAt(i)), recordOf(2));
        if (i % 2 === 0) versions.put(versionKey(bucket.id, keyAt(i), 1), recordOf(1));
      }
    });
  }
}, 300_000);
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function recordOf(order: number): ObjectRecord {
  const etag = "d41d8cd98f00b204e9800998ecf8427e";
  const common = { etag, owner: "root", metadata: {}, headers: { "content-type": "image/jpeg" } };
  return { ...common, versionId: "null", order, modifiedAt: 0, isDeleteMarker: false, sizeBytes: 0 };
}

/** The database as it is, counting seeks (ranges begun) and rows read. */
function counted(): { database: Database; rows: () => number; seeks: () => number } {
  let [rows, seeks] = [0, 0];
  type Table = Database["heads"];
  const watch = (table: Table) =>
    new Proxy(table, {
      get(target, name) {
        if (name !== "getRange") return Reflect.get(target, name);
        return function* (...given: Parameters<Table["getRange"]>) {
          seeks++;
          for (const row of target.getRange(...given)) {
            rows++;
            yield row;
          }
        };
      },
    });
  const [heads, versions] = [watch(store.database.heads), watch(store.database.versions)];
  const database = new Proxy(store.database, {
    get: (target, name) => (name === "heads" ? heads : name === "versions" ? versions : Reflect.get(target, name)),
  });
  return { database, rows: () => rows, seeks: () => seeks };
}

/** Middle one of several times, in milliseconds, of pages that begin after different keys in turn. */
function medianTimes(list: (after: string) => void, afters: readonly string[]): number[] {
  const times = afters.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, after] of afters.entries()) {
      const startedAt = performance.now();
      list(after);
      times[i]?.push(performance.now() - startedAt);
    }
  }
  return times.map((one) => one.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
}

const ways = {
  keys: {
    list: (database: Database, after: string) =>
      listObjects(database, bucket, { prefix: "", delimiter: "", after, limit: PAGE }),
    afters: ["", keyAt(keys / 2), keyAt(keys - PAGE - 2)],
    most: { rows: PAGE + 1, seeks: 1 },
  },
  folders: {
    list: (database: Database, after: string) =>
      listObjects(database, bucket, { prefix: "", delimiter: "/", after, limit: Math.min(PAGE, folders / 4) }),
    afters: ["", `folder-${digits(folders / 2)}/`, `folder-${digits(folders - Math.min(PAGE, folders / 4) - 2)}/`],
    most: { rows: PAGE + 1, seeks: PAGE + 1 },
  },
  versions: {
    list: (database: Database, after: string) =>
      listVersions(database, bucket, { prefix: "", delimiter: "", after, afterOrder: undefined, limit: PAGE }),
    afters: ["", keyAt(keys / 2), keyAt(keys - PAGE - 2)],
    most: { rows: PAGE + 3, seeks: 2 },
  },
};

describe(`a page of ${keys} keys`, () => {
  for (const [what, { list, afters, most }] of Object.entries(ways)) {
    it(`costs the same wherever it begins (${what})`, () => {
      for (const after of afters) {
        const { database, rows, seeks } = counted();
        const page = list(database, after);
        expect(page.isTruncated).toBe(true);
        expect(rows(), `rows read after "${after}"`).toBeLessThanOrEqual(most.rows);
        expect(seeks(), `seeks after "${after}"`).toBeLessThanOrEqual(most.seeks);
      }
      const times = medianTimes((after) => void list(store.database, after), afters);
      console.log(`${what}: first, middle and last page in ${times.map((ms) => ms.toFixed(2)).join(", ")} ms`);
      const [first = 0, ...others] = times;
      for (const other of others) expect(other).toBeLessThan(first * 4 + 1);
    });
  }
});
