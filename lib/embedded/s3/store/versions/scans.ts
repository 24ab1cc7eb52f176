import type { Database } from "../database/database";
import { keyOf, objectKey, VERSION_SUFFIX_BYTES, versionKey, versionRange } from "../database/keys";
import type { BucketRecord, ObjectRecord } from "../database/records";

/** Records read, and files or rows of bytes deleted, in one batch: some milliseconds of work. */
const BATCH_RECORDS = 500;
const BATCH_DELETIONS = 100;
/** Versions read, beyond one, to count those that are newer than the first of a batch: markers may lie between them. */
const MAX_NEWER = 1000;

/** A version to delete. */
export interface Target {
  readonly key: string;
  readonly record: ObjectRecord;
}

/** The place of a version in the history of its key. */
export interface Standing {
  /** The version that replaced it; the current version has none. */
  readonly successor: ObjectRecord | undefined;
  /** Noncurrent versions that are newer than it, delete markers not counted. */
  readonly newer: number;
}

/**
 * The versions that an action of a lifecycle is about, and those of them that are due: current versions, noncurrent
 * versions (delete markers included), or delete markers that are the only version of their key.
 */
export type Selection =
  | { readonly of: "current" | "lone markers"; isDue(key: string, record: ObjectRecord): boolean }
  | { readonly of: "noncurrent"; isDue(key: string, record: ObjectRecord, standing: Standing): boolean };

/** What one batch found, and where the next one starts; `undefined` at the end. */
export interface Batch {
  readonly due: readonly Target[];
  readonly next: Buffer | undefined;
}

/** Reads table keys from `start` up to `end`, until a batch is full. */
export function scan(
  database: Database,
  { id }: BucketRecord,
  selection: Selection,
  { start, end }: { readonly start: Buffer; readonly end: Buffer },
): Batch {
  const range = { start, end, limit: BATCH_RECORDS };
  switch (selection.of) {
    case "current":
      return collect(database.heads.getRange(range), (tableKey, record) => {
        const key = keyOf(tableKey);
        return selection.isDue(key, record) ? { key, record } : undefined;
      });
    case "lone markers":
      return collect(database.versions.getRange(range), (tableKey, record) => {
        if (!record.isDeleteMarker) return undefined;
        const key = keyOf(tableKey, VERSION_SUFFIX_BYTES);
        return selection.isDue(key, record) && isOnlyVersion(database, id, key) ? { key, record } : undefined;
      });
    case "noncurrent": {
      const standings = new Standings(database, id);
      return collect(database.versions.getRange(range), (tableKey, record) => {
        const key = keyOf(tableKey, VERSION_SUFFIX_BYTES);
        return selection.isDue(key, record, standings.next(key, record)) ? { key, record } : undefined;
      });
    }
  }
}

function collect(
  rows: Iterable<{ readonly key: Uint8Array; readonly value: ObjectRecord }>,
  pick: (tableKey: Uint8Array, record: ObjectRecord) => Target | undefined,
): Batch {
  const due: Target[] = [];
  let [read, deletions] = [0, 0];
  for (const { key: tableKey, value: record } of rows) {
    read++;
    const target = pick(tableKey, record);
    if (target) {
      due.push(target);
      deletions += record.partCount ?? 1;
    }
    if (read === BATCH_RECORDS || deletions >= BATCH_DELETIONS)
      return { due, next: Buffer.concat([tableKey, Buffer.from([0])]) }; // the next possible key
  }
  return { due, next: undefined };
}

/** Whether a delete marker is the only version of its key. */
function isOnlyVersion(database: Database, bucketId: number, key: string): boolean {
  if (database.heads.doesExist(objectKey(bucketId, key))) return false;
  return [...database.versions.getKeys({ ...versionRange(bucketId, key), limit: 2 })].length === 1;
}

/** The standings of the rows of `versions` in order. */
class Standings {
  #previous: { readonly key: string; readonly record: ObjectRecord; readonly standing: Standing } | undefined;

  constructor(
    private readonly database: Database,
    private readonly bucketId: number,
  ) {}

  /** @param key of the row behind the one of the last call */
  next(key: string, record: ObjectRecord): Standing {
    const standing = this.#standing(key, record);
    this.#previous = { key, record, standing };
    return standing;
  }

  #standing(key: string, record: ObjectRecord): Standing {
    const above = this.#previous;
    if (!above) return this.#anywhere(key, record);
    if (above.key !== key) return this.#newest(key);
    const { successor, newer } = above.standing;
    return { successor: above.record, newer: newer + (successor && !above.record.isDeleteMarker ? 1 : 0) };
  }

  /** Of the newest row of a key in `versions`: without a head it is the current version, a delete marker. */
  #newest(key: string): Standing {
    return { successor: this.database.heads.get(objectKey(this.bucketId, key)), newer: 0 };
  }

  /** Of the first row of a batch, which may start in the middle of a key. */
  #anywhere(key: string, record: ObjectRecord): Standing {
    const start = versionKey(this.bucketId, key, record.order);
    const end = versionRange(this.bucketId, key).start;
    const rows = this.database.versions.getRange({ start, end, reverse: true, limit: MAX_NEWER + 1 });
    const above = [...rows].map(({ value }) => value).slice(1); // the first is the row itself
    const [successor] = above;
    // The newest row, where it is the current version, is a delete marker and so is not counted.
    return successor ? { successor, newer: above.filter((one) => !one.isDeleteMarker).length } : this.#newest(key);
  }
}
