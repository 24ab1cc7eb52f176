import { isSystemFile } from "@/lib/path/policy";
import type { WalkBatch } from "./walk";

/**
 * Leaves out and counts the files that systems put beside people's files. A folder of the system that cannot be read, as most
 * of them on a disk of Windows, counts as one file and is not reported.
 */
export async function* withoutSystemFiles(batches: AsyncIterable<WalkBatch>): AsyncGenerator<WalkBatch> {
  for await (const { files, unreadable } of batches) {
    const kept = files.filter(({ path }) => !isSystemFile(path));
    const reported = unreadable.filter(({ path }) => !isSystemFile(path));
    const system = files.length - kept.length + unreadable.length - reported.length;
    yield { files: kept, unreadable: reported, system };
  }
}
