import type { Stretch, Target } from "../store/expiry";
import type { ObjectRecord } from "../store/records";

/** Records read, and blobs or rows of bytes deleted, before other work gets its turn: some milliseconds of it. */
export const RECORDS_AT_ONCE = 500;
const DELETIONS_AT_ONCE = 100;

/**
 * Picks what is due out of a part of a table, until that is enough to delete at once.
 * @param records at most RECORDS_AT_ONCE
 */
export function pick(
  records: Iterable<{ readonly key: Uint8Array; readonly value: ObjectRecord }>,
  consider: (tableKey: Uint8Array, record: ObjectRecord) => Target | undefined,
): Stretch {
  const due: Target[] = [];
  let [looked, weight] = [0, 0];
  for (const { key: tableKey, value: record } of records) {
    looked++;
    const target = consider(tableKey, record);
    if (target) {
      due.push(target);
      weight += record.partCount ?? 1;
    }
    if (looked === RECORDS_AT_ONCE || weight >= DELETIONS_AT_ONCE) return { due, next: behind(tableKey) };
  }
  return { due, next: undefined };
}

/** The next possible key. */
function behind(tableKey: Uint8Array): Buffer {
  return Buffer.concat([tableKey, Buffer.from([0])]);
}
