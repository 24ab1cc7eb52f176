import type { Checksum } from "../hashing/checksum";
import type { Database } from "../store/database";
import type { ObjectRecord } from "../store/records";
import type { ByteRange } from "./range";

/** One part of an object, as it was uploaded. */
export interface ObjectPart {
  readonly number: number;
  readonly sizeBytes: number;
  /** Where it lies in the object; `undefined` when it is empty. */
  readonly range: ByteRange | undefined;
  readonly checksum: Checksum | undefined;
}

/**
 * The parts of a multipart object in order, counted from 1 whatever numbers they were uploaded under; `undefined` for
 * an object that came in one piece.
 */
export function partsOf(database: Database, record: ObjectRecord): ObjectPart[] | undefined {
  if (record.data?.kind !== "parts") return undefined;
  const layout = database.layouts.get(Buffer.from(record.data.id));
  const algorithm = layout?.checksumAlgorithm ?? record.checksum?.algorithm;
  let start = 0;
  return layout?.parts.map(({ sizeBytes, checksum }, i) => {
    const range = sizeBytes === 0 ? undefined : { start, end: start + sizeBytes - 1 };
    start += sizeBytes;
    return {
      number: i + 1,
      sizeBytes,
      range,
      checksum: algorithm && checksum ? { algorithm, value: checksum } : undefined,
    };
  });
}

/** Part n of an object; one that came in one piece is its own first part. */
export function findPart(database: Database, record: ObjectRecord, number: number): ObjectPart | undefined {
  const parts = partsOf(database, record);
  if (parts) return parts[number - 1];
  if (number !== 1) return undefined;
  const { sizeBytes, checksum } = record;
  return { number, sizeBytes, checksum, range: sizeBytes === 0 ? undefined : { start: 0, end: sizeBytes - 1 } };
}
