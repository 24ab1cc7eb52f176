import type { Checksum } from "../../hashing/checksum";
import type { Database } from "../database/database";
import type { ByteRange, ObjectRecord } from "../database/records";

/** One part of an object, as it was uploaded. */
export interface ObjectPart {
  readonly number: number;
  readonly sizeBytes: number;
  /** Its bytes within the object; `undefined` when it is empty. */
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
    const range = rangeAt(start, sizeBytes);
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
export function partOf(database: Database, record: ObjectRecord, number: number): ObjectPart | undefined {
  const parts = partsOf(database, record);
  if (parts) return parts[number - 1];
  if (number !== 1) return undefined;
  const { sizeBytes, checksum } = record;
  return { number, sizeBytes, checksum, range: rangeAt(0, sizeBytes) };
}

function rangeAt(start: number, sizeBytes: number): ByteRange | undefined {
  return sizeBytes === 0 ? undefined : { start, end: start + sizeBytes - 1 };
}
