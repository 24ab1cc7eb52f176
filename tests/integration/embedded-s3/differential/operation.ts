import type { RawAnswer } from "../harness";
import type { TestBucket } from "./bucket";

/** Makes its request in a fresh bucket and gives the answer to compare. */
export type Operation = (s3: TestBucket) => Promise<RawAnswer>;

/** Operations by what they try, each behind the same preparation. */
export function operations<Prepared>(
  prepare: (s3: TestBucket) => Promise<Prepared>,
  table: Readonly<Record<string, (s3: TestBucket, prepared: Prepared) => Promise<RawAnswer>>>,
): Readonly<Record<string, Operation>> {
  return Object.fromEntries(
    Object.entries(table).map(([name, run]) => [name, async (s3: TestBucket) => run(s3, await prepare(s3))] as const),
  );
}
