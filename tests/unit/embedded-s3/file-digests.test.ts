import { randomBytes } from "node:crypto";
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checksumAlgorithms } from "@/lib/embedded/s3/hashing/checksum";
import { DigestThreads } from "@/lib/embedded/s3/hashing/digest-threads";
import { type DigestName, RunningDigests } from "@/lib/embedded/s3/hashing/digests";

const names = new Set<DigestName>(["MD5", ...checksumAlgorithms]);
const opened: FileHandle[] = [];
let folder: string;
let threads: DigestThreads;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "digests-"));
  threads = new DigestThreads();
});
afterEach(async () => {
  for (const handle of opened.splice(0)) await handle.close();
});
afterAll(async () => {
  await threads.close();
  await rm(folder, { recursive: true, force: true });
});

async function fileOf(bytes: Buffer): Promise<FileHandle> {
  const path = join(folder, randomBytes(8).toString("hex"));
  await writeFile(path, bytes);
  const handle = await open(path, "r");
  opened.push(handle);
  return handle;
}

function expected(bytes: Buffer) {
  const running = new RunningDigests(names);
  running.update(bytes);
  return running.finish();
}

describe("digests taken by a thread", () => {
  it("are those of the file, however it grows and whatever else is followed", async () => {
    const bodies = Array.from({ length: 6 }, (_, i) => randomBytes(i * 150_001));
    const results = bodies.map(async (bytes, i) => {
      const { fd } = await fileOf(bytes);
      const digests = threads.follow(names);
      for (let at = 0; at < bytes.length; at += 40_000 * (i + 1)) await digests.wrote(fd, at);
      await digests.wrote(fd, bytes.length);
      return digests.finish();
    });
    expect(await Promise.all(results)).toEqual(bodies.map(expected));
  });

  it("make a writer that is far ahead wait, and resume it", async () => {
    const bytes = Buffer.alloc(70 * 1024 * 1024, "far");
    const { fd } = await fileOf(bytes);
    const digests = threads.follow(new Set<DigestName>(["MD5"]));
    expect(digests.wrote(fd, 1000)).toBeUndefined();
    await digests.wrote(fd, bytes.length);
    const running = new RunningDigests(new Set<DigestName>(["MD5"]));
    running.update(bytes);
    expect(await digests.finish()).toEqual(running.finish());
  });

  it("fail when the file is shorter than was said", async () => {
    const { fd } = await fileOf(randomBytes(1000));
    const digests = threads.follow(names);
    digests.wrote(fd, 1001);
    await expect(digests.finish()).rejects.toThrow("shorter than what was written");
  });

  it("fail when the file cannot be read, and others continue", async () => {
    const bytes = randomBytes(300_000);
    const { fd } = await fileOf(bytes);
    const [bad, good] = [threads.follow(names), threads.follow(names)];
    bad.wrote(1_000_000, 10);
    good.wrote(fd, bytes.length);
    await expect(bad.finish()).rejects.toThrow("EBADF");
    expect(await good.finish()).toEqual(expected(bytes));
  });

  it("can be discarded at any time", async () => {
    const { fd } = await fileOf(randomBytes(5_000_000));
    const untouched = threads.follow(names);
    await untouched.discard();
    const digests = threads.follow(names);
    digests.wrote(fd, 5_000_000);
    await digests.discard();
    const failed = threads.follow(names);
    failed.wrote(fd, 6_000_000);
    await failed.discard();
  });

  it("fail when their thread ends, instead of never coming", async () => {
    const ending = new DigestThreads();
    const { fd } = await fileOf(Buffer.alloc(50_000_000));
    const digests = ending.follow(names);
    digests.wrote(fd, 50_000_000);
    const outcome = expect(digests.finish()).rejects.toThrow("ended");
    await ending.close();
    await outcome;
  });
});
