import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database } from "@/lib/embedded/s3/store/database/database";
import { objectKey, versionKey } from "@/lib/embedded/s3/store/database/keys";
import type { BucketRecord, ObjectRecord } from "@/lib/embedded/s3/store/database/records";
import { DiskSpace } from "@/lib/embedded/s3/store/disk/space";
import { listObjects, listVersions } from "@/lib/embedded/s3/store/versions/listing";
import { formNumber } from "@/tests/support/forms.mjs";

/** `ATOLL_TEST_LISTING_KEYS=1000000 npx vitest run --project unit tests/unit/embedded-s3/listing-cost` */
const keys = formNumber("ATOLL_TEST_LISTING_KEYS");
const perFolder = 50;
const folders = keys / perFolder;
const PAGE = 1000;
const bucket: BucketRecord = { id: 1, name: "many", owner: "root", createdAt: 0 };

let folder: string;
let database: Database;

const digits = (number: number) => String(number).padStart(7, "0");
const keyAt = (index: number) => `folder-${digits(Math.floor(index / perFolder))}/${digits(index)}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "s3-listing-"));
  database = new Database(folder, new DiskSpace(folder));
  const { heads, versions } = database;
  for (let from = 0; from < keys; from += 10_000) {
    await database.commit(() => {
      for (let i = from; i < Math.min(from + 10_000, keys); i++) {
        heads.put(objectKey(bucket.id, keyAt(i)), recordOf(2));
        if (i % 2 === 0) versions.put(versionKey(bucket.id, keyAt(i), 1), recordOf(1));
      }
    });
  }
}, 300_000);
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

function recordOf(order: number): ObjectRecord {
  const etag = "d41d8cd98f00b204e9800998ecf8427e";
  const common = { etag, owner: "root", metadata: {}, headers: { "content-type": "image/jpeg" } };
  return { ...common, versionId: "null", order, modifiedAt: 0, isDeleteMarker: false, sizeBytes: 0 };
}

/** The database, with its seeks (ranges begun) and the rows read counted. */
function counted(): { database: Database; rows: () => number; seeks: () => number } {
  let [rows, seeks] = [0, 0];
  type Table = Database["heads"];
  const watch = (table: Table) =>
    new Proxy(table, {
      get(target, name) {
        if (name !== "getRange") return Reflect.get(target, name);
        return (...given: Parameters<Table["getRange"]>) => {
          seeks++;
          return target.getRange(...given).map((row) => {
            rows++;
            return row;
          });
        };
      },
    });
  const [heads, versions] = [watch(database.heads), watch(database.versions)];
  const watched = new Proxy(database, {
    get: (target, name) => (name === "heads" ? heads : name === "versions" ? versions : Reflect.get(target, name)),
  });
  return { database: watched, rows: () => rows, seeks: () => seeks };
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
    it.each(afters)(`of ${what} costs no more after "%s"`, (after) => {
      const { database, rows, seeks } = counted();
      expect(list(database, after).isTruncated).toBe(true);
      expect(rows(), "rows read").toBeLessThanOrEqual(most.rows);
      expect(seeks(), "seeks").toBeLessThanOrEqual(most.seeks);
    });
  }
});
