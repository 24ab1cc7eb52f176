import { chmod, mkdtemp, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startStore } from "./harness";

it.runIf(process.platform !== "win32")(
  "what a store keeps is for its owner alone, in a folder that is not",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "embedded-s3-"));
    await chmod(folder, 0o755);
    const store = await startStore(folder);
    const modes = await Promise.all(
      ["meta", "blobs", "tmp"].map(async (name) => (await stat(join(folder, name))).mode & 0o777),
    );
    await store.stop();
    expect(modes).toEqual([0o700, 0o700, 0o700]);
  },
);
