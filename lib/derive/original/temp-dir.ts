import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const prefix = "atoll-derive-";
/** Longer than any derivation takes. */
const staleMilliseconds = 60 * 60 * 1_000;

/** Runs with a new temporary folder, and removes it afterwards, also on errors. Remains when the process is killed. */
export async function withTempDir<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(path.join(tmpdir(), prefix));
  try {
    return await run(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * Removes temporary folders left by killed processes. Returns their number. One from the future was left before the clock was set
 * back.
 */
export async function removeStaleTempDirs(now = Date.now(), root = tmpdir()): Promise<number> {
  let removed = 0;
  for (const name of await readdir(root)) {
    if (!name.startsWith(prefix)) continue;
    const dir = path.join(root, name);
    const age = await stat(dir).then(
      ({ mtimeMs }) => Math.abs(now - mtimeMs),
      () => 0, // Another worker removed it.
    );
    if (age < staleMilliseconds) continue;
    await rm(dir, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}
