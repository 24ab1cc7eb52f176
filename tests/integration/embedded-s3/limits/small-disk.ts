import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type DiskKind = "tmpfs" | "ext4";

/** A file system of its own, small enough to be filled. */
export class SmallDisk {
  readonly folder: string;
  readonly #home: string;
  readonly #unmount = () => attempt("umount", ["-l", this.folder]);

  /** Mounts it. Needs root on Linux, and for ext4 a loop device. @throws Error with what the system says against it */
  constructor(kind: DiskKind, sizeBytes: number) {
    this.#home = mkdtempSync(join(tmpdir(), "embedded-s3-small-"));
    this.folder = join(this.#home, "disk");
    mkdirSync(this.folder);
    try {
      if (kind === "tmpfs") run("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", this.folder]);
      else {
        const image = join(this.#home, "image");
        run("truncate", ["-s", String(sizeBytes), image]);
        run("mkfs.ext4", ["-q", image]);
        run("mount", ["-o", "loop", image, this.folder]);
      }
    } catch (error) {
      rmSync(this.#home, { recursive: true, force: true });
      throw error;
    }
    process.once("exit", this.#unmount); // should the test run be broken off
  }

  /** In bytes, as programs that are not root's see it. */
  get free(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  /** Fills it to the last byte with a file that is none of the store's. @returns a function that takes it away */
  async fillUp(): Promise<() => Promise<void>> {
    const path = join(this.folder, "ballast");
    const handle = await open(path, "a");
    try {
      for (let bytes = 1024 * 1024; bytes >= 1; ) {
        const isWritten = await handle
          .write(Buffer.alloc(bytes))
          .then(({ bytesWritten }) => bytesWritten === bytes, isFull);
        if (!isWritten) bytes = Math.floor(bytes / 2);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    return () => rm(path);
  }

  /** Takes it away, whatever is still open on it. */
  dispose(): void {
    this.#unmount();
    process.off("exit", this.#unmount);
    rmSync(this.#home, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
}

function attempt(command: string, args: readonly string[]): void {
  spawnSync(command, args, { stdio: "ignore" });
}

function isFull(error: unknown): false {
  if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
  throw error;
}

/** Why such a disk cannot be had here, if it cannot. */
export function whyNoDisk(kind: DiskKind): string | undefined {
  if (process.platform !== "linux") return "mounts need Linux";
  if (process.getuid?.() !== 0) return "mounts need root";
  if (kind === "ext4" && !existsSync("/usr/sbin/mkfs.ext4") && !existsSync("/sbin/mkfs.ext4"))
    return "mkfs.ext4 is not here";
  try {
    new SmallDisk(kind, 16 * 1024 * 1024).dispose();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
