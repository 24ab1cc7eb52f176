import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const prefix = "atoll-derive-";
/** Far longer than any derivation runs. */
const staleMilliseconds = 60 * 60 * 1_000;

/** Runs with a folder of its own, which is gone afterwards whatever happens, short of the process being killed. */
export async function withTempDir<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(path.join(tmpdir(), prefix));
  try {
    return await run(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Removes what killed processes left behind. Returns how many folders. */
export async function removeStaleTempDirs(now = Date.now(), root = tmpdir()): Promise<number> {
  let removed = 0;
  for (const name of await readdir(root)) {
    if (!name.startsWith(prefix)) continue;
    const dir = path.join(root, name);
    const age = await stat(dir).then(
      ({ mtimeMs }) => now - mtimeMs,
      () => 0, // Another worker was quicker.
    );
    if (age < staleMilliseconds) continue;
    await rm(dir, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}
