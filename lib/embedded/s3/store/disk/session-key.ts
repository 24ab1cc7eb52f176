import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "./blobs";

const KEY_BYTES = 32;

/**
 * Returns the key that session tokens are sealed with. It is made at the first start and kept in a file that only its owner
 * can read, so that sessions outlive a restart. Removing the file ends all sessions.
 * @throws Error when the file is damaged
 */
export async function sessionKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, "session-key");
  const known = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (known === undefined) return makeKey(dataDir, path);
  if (known.length === KEY_BYTES) return known;
  throw new Error(`${path} is damaged: remove it to have a new one made, which ends all sessions.`);
}

async function makeKey(dataDir: string, path: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  const temporary = `${path}.new`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(key);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(dataDir);
  return key;
}
