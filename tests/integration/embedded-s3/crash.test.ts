import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, s3Client, startStore } from "./harness";

const Bucket = "media";
let dataDir: string;
let child: ChildProcess | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "embedded-s3-crash-"));
});
afterAll(async () => {
  child?.kill("SIGKILL");
  await rm(dataDir, { recursive: true, force: true });
});

async function spawnStore(): Promise<{ s3: S3Client; kill: () => Promise<void> }> {
  const script = fileURLToPath(new URL("./crash-child.ts", import.meta.url));
  const started = spawn(process.execPath, ["--import", "tsx", script, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child = started;
  const [line] = (await once(started.stdout, "data")) as [Buffer];
  const s3 = s3Client(line.toString().trim());
  const kill = async () => {
    const exit = once(started, "exit");
    started.kill("SIGKILL");
    await exit;
    s3.destroy();
  };
  return { s3, kill };
}

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("kill -9 in the middle of writes", () => {
  it("loses and tears nothing that was acknowledged, and the next start sweeps up", async () => {
    const acknowledged = new Map<string, string>();
    const unsure = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const { s3, kill } = await spawnStore();
      if (round === 0) await s3.send(new CreateBucketCommand({ Bucket }));
      let stopped = false;
      let done = 0;
      let enough = () => {};
      const reached = new Promise<void>((resolve) => (enough = resolve));
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; !stopped; i++) {
          const Key = `w${writer}/${i % 8}`;
          const body = randomBytes([200, 4096, 60_000, 900_000][(i + writer) % 4] ?? 1);
          unsure.add(Key);
          try {
            if (i % 7 === 6) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
            else await s3.send(new PutObjectCommand({ Bucket, Key, Body: body }));
          } catch {
            return; // killed meanwhile: whether this one was kept is not known
          }
          if (i % 7 === 6) acknowledged.delete(Key);
          else acknowledged.set(Key, hash(body));
          unsure.delete(Key);
          if (++done === 40 + round * 23) enough();
        }
      });
      await reached;
      await kill();
      stopped = true;
      await Promise.all(writers);
      await verify(acknowledged, unsure);
    }
  }, 120_000);

  /** Starts the store in this process and reads everything back. What was in flight is settled by what is found. */
  async function verify(acknowledged: Map<string, string>, unsure: Set<string>): Promise<void> {
    await writeFile(join(dataDir, "tmp", "leftover"), "half a file");
    const orphan = "000000000000".padEnd(30, "0");
    await writeFile(join(dataDir, "blobs", "ab", `${orphan}ab`), "named, never committed");
    const store = await startStore(dataDir);
    const listed =
      (await store.s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map((one) => one.Key ?? "") ?? [];
    const found = new Map<string, string>();
    const readBack = listed.map(async (Key) => {
      const answer = await store.s3.send(new GetObjectCommand({ Bucket, Key }));
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      expect(`"${createHash("md5").update(bytes).digest("hex")}"`).toBe(answer.ETag);
      found.set(Key, hash(bytes));
    });
    await Promise.all(readBack);
    const certain = (objects: Map<string, string>) =>
      Object.fromEntries([...objects].filter(([key]) => !unsure.has(key)).sort());
    expect(certain(found)).toEqual(certain(acknowledged));
    for (const key of unsure) {
      const now = found.get(key);
      if (now === undefined) acknowledged.delete(key);
      else acknowledged.set(key, now);
    }
    unsure.clear();
    expect(await filesBelow(dataDir, "tmp")).toEqual([]);
    const large = (await store.s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.filter(
      (one) => (one.Size ?? 0) > 32 * 1024,
    ).length;
    await expect.poll(async () => (await filesBelow(dataDir, "blobs")).length).toBe(large);
    await store.stopKeeping();
  }
});
