import { realpathSync } from "node:fs";
import { join } from "node:path";
import { LockedError, takeLock } from "../../../lock";

/**
 * Locks a folder for one store, also against stores of other containers on the same volume.
 * @returns a function that releases the lock
 * @throws Error when another running store holds it, or when that cannot be told
 */
export function lockFolder(dataDir: string): () => void {
  try {
    return takeLock(join(realpathSync(dataDir), "lock")).release;
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    throw new Error(
      `The S3 store at ${dataDir} is in use by ${error.where}. Stop that one first, or use another folder.`,
    );
  }
}
