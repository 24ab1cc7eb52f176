import { chmod, mkdtemp, stat, writeFile } from "node:fs/promises";
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

it.runIf(process.platform === "linux")(
  "a folder has one store, also where the process number of the other means nothing",
  async () => {
    const store = await startStore();
    // As a store in another container would have written it. The kernel's lock of the file tells that it is held.
    const other = { pid: 1, identity: "boot:1", host: "web-2", space: "boot:pid:[1]", isKernelLocked: true };
    await writeFile(join(store.dataDir, "lock"), JSON.stringify(other));
    await expect(startStore(store.dataDir)).rejects.toThrow("in use by process 1 of the machine or container web-2");
    await store.stopKeeping();
    await (await startStore(store.dataDir)).stop();
  },
);
