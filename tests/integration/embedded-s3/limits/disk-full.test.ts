import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formNumber } from "@/tests/support/forms.mjs";
import { signedRaw } from "../conformance/signed-request";
import { expectSound } from "../durability/audit";
import { bundleStoreChild } from "../durability/bundle";
import { Caller } from "../durability/caller";
import type { BucketKind } from "../durability/expected";
import { Lane } from "../durability/load";
import { SeededRandom } from "../durability/random";
import { readAllBack } from "../durability/readback";
import { StoreProcess } from "../durability/store-process";
import type { RawAnswer } from "../harness";
import { seed } from "../seed";
import { type Prepared, prepare, putWithoutLength, ways } from "./growth";
import { type DiskKind, SmallDisk, whyNoDisk } from "./small-disk";

const MIB = 1024 * 1024;
const DISK_BYTES = 96 * MIB;
const rounds = formNumber("ATOLL_TEST_FULL_DISK_ROUNDS");
const noise = randomBytes(8 * MIB);

const full = { status: 507, code: "InsufficientStorage" };
const brief = ({ status, code }: RawAnswer) => ({ status, code });

let folder: string;
let program: string[];
/** A process that has loaded the store, for the next start. */
let loaded: StoreProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "embedded-s3-program-"));
  program = await bundleStoreChild(folder);
});
afterAll(async () => {
  await loaded?.kill();
  await rm(folder, { recursive: true, force: true });
});

for (const kind of ["tmpfs", "ext4"] as const) {
  const obstacle = whyNoDisk(kind);
  if (obstacle !== undefined) console.error(`Skipping the store on a full ${kind}: ${obstacle}`);
  describe.skipIf(obstacle !== undefined)(`a store whose disk (${kind}) is full`, () => onFullDisk(kind));
}

function onFullDisk(kind: DiskKind): void {
  let disk: SmallDisk;
  let dataDir: string;
  let store: StoreProcess;
  let prepared: Prepared;

  const startAgain = async () => {
    store = loaded ?? new StoreProcess(program);
    loaded = new StoreProcess(program);
    return store.start(dataDir);
  };
  beforeEach(async () => {
    disk = new SmallDisk(kind, DISK_BYTES);
    dataDir = join(disk.folder, "store");
    prepared = await prepare(await startAgain());
  });
  afterEach(async () => {
    await store.kill();
    disk.dispose();
  });

  const send = (method: string, path: string, body?: Buffer) =>
    signedRaw(method, `${prepared.endpoint}/${path}`, body && { body });

  /** Puts objects of a size until that is refused. @returns how many there are now */
  async function putUntilFull(prefix: string, sizeBytes: number): Promise<number> {
    for (let count = 0; ; count++) {
      const answer = await send("PUT", `plain/${prefix}-${count}`, noise.subarray(0, sizeBytes));
      if (answer.status === 200) continue;
      expect(brief(answer)).toEqual(full);
      return count;
    }
  }

  async function expectAllRefused(): Promise<void> {
    for (const [name, way] of Object.entries(ways)) {
      expect({ name, ...brief(await way(prepared)) }).toEqual({ name, ...full });
    }
  }

  async function expectAllAccepted(): Promise<void> {
    for (const [name, way] of Object.entries(ways)) {
      const { status, text } = await way(prepared);
      expect([200, 204], `${name}: ${text}`).toContain(status);
    }
  }

  async function expectReadable(): Promise<void> {
    const [small, large, list] = [
      await send("GET", "plain/small"),
      await send("GET", "versioned/large"),
      await send("GET", "plain?list-type=2"),
    ];
    expect([small.status, large.status, list.status]).toEqual([200, 200, 200]);
    expect(large.headers["content-length"]).toBe(String(4 * MIB));
    expect(list.text).toContain("<Key>small</Key>");
  }

  it("answers growing writes with 507, reads and deletes, and accepts writes again when there is room", async () => {
    for (const sizeBytes of [4 * MIB, 100_000, 20_000, 0]) await putUntilFull(`of-${sizeBytes}`, sizeBytes);
    await expectAllRefused();
    await expectReadable();
    expect((await send("DELETE", "versioned/small")).headers["x-amz-delete-marker"]).toBe("true");
    const before = disk.free;
    for (let i = 0; i < 8; i++) expect((await send("DELETE", `plain/of-${4 * MIB}-${i}`)).status).toBe(204);
    await expect.poll(() => disk.free).toBeGreaterThan(before + 31 * MIB);
    await expectAllAccepted();
    expect(store.complaints.split("\n").filter((line) => line !== "" && !line.includes("the disk is full"))).toEqual(
      [],
    );
    await expectSound(dataDir);
  });

  it("answers bodies that are too large together, with and without a declared length", async () => {
    await putUntilFull("of", 8 * MIB);
    for (const i of [0, 1, 2, 3]) await send("DELETE", `plain/of-${i}`);
    await expect.poll(() => disk.free).toBeGreaterThan(40 * MIB);
    const sent = Array.from({ length: 12 }, (_, i) =>
      i % 2 === 0
        ? send("PUT", `plain/racing-${i}`, noise)
        : putWithoutLength(`${prepared.endpoint}/plain/racing-${i}`, noise),
    );
    let leastFree = disk.free;
    const watching = setInterval(() => (leastFree = Math.min(leastFree, disk.free)), 1);
    const answers = await Promise.all(sent);
    clearInterval(watching);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.map(brief)).toEqual(refused.map(() => full));
    expect(refused.length).toBeGreaterThanOrEqual(6);
    expect(leastFree, "what is kept for deletions").toBeGreaterThan(13 * MIB);
    for (const [i, { status }] of answers.entries())
      expect((await send("HEAD", `plain/racing-${i}`)).status).toBe(status === 200 ? 200 : 404);
    await expectSound(dataDir);
  });

  it("answers and loses nothing when another program takes the last byte, starts there, and recovers", async () => {
    await putUntilFull("of", MIB);
    const removeBallast = await disk.fillUp();
    await expectAllRefused();
    await expectReadable();
    expect(brief(await send("DELETE", "versioned/small"))).toEqual(full); // a delete marker frees nothing
    const outcomes = new Map<string, number>();
    for (let i = 0; i < 30; i++) outcomes.set(`plain/of-${i}`, (await send("DELETE", `plain/of-${i}`)).status);
    for (const status of outcomes.values()) expect([204, 507]).toContain(status);
    await store.kill();
    await disk.fillUp();
    prepared = { ...prepared, endpoint: await startAgain() };
    for (const [path, status] of outcomes) expect((await send("HEAD", path)).status).toBe(status === 204 ? 404 : 200);
    await expectReadable();
    await removeBallast();
    for (const path of outcomes.keys()) expect((await send("DELETE", path)).status).toBe(204);
    await expect.poll(() => disk.free).toBeGreaterThan(40 * MIB);
    await expectAllAccepted();
    await store.saying("swept");
    await expectSound(dataDir);
  });

  it(
    `keeps every acknowledged write of a mixed load killed on a nearly full disk (ATOLL_TEST_SEED=${seed})`,
    async () => {
      const random = new SeededRandom(seed);
      const kinds = new Map<string, BucketKind>([
        ["plain-load", "plain"],
        ["versioned", "versioned"],
      ]);
      expect((await send("PUT", "plain-load")).status).toBe(200);
      for (const path of ["small", "large"]) await removeAllVersions(path);
      const lanes = Array.from({ length: 6 }, (_, i) => new Lane(i, new SeededRandom(seed * 1000 + i), kinds));
      for (let round = 0; round < rounds; round++) {
        const removeBallast = round % 2 === 1 ? await disk.fillUp() : async () => {};
        if (round === 0) await putUntilFull("of", 2 * MIB);
        const caller = new Caller(prepared.endpoint, lanes.length);
        const work = Promise.all(lanes.map((lane) => lane.run(caller, true)));
        const timer = setTimeout(() => store.signal("SIGKILL"), random.between(200, 1200));
        await work;
        clearTimeout(timer);
        await store.kill();
        caller.close();
        prepared = { ...prepared, endpoint: await startAgain() };
        await removeBallast();
        const reader = new Caller(prepared.endpoint);
        expect(await readAllBack(reader, kinds.keys(), lanes), `round ${round}`).toEqual([]);
        await store.saying("swept");
        await expectSound(dataDir, `round ${round}`);
        reader.close();
      }
      const sum = (of: (lane: Lane) => number) => lanes.reduce((total, lane) => total + of(lane), 0);
      console.log(`${kind}: ${sum((lane) => lane.acknowledged)} acknowledged, ${sum((lane) => lane.refused)} refused`);
      expect(sum((lane) => lane.refused)).toBeGreaterThan(0);
    },
    60_000 + rounds * 30_000,
  );

  async function removeAllVersions(key: string): Promise<void> {
    const { text } = await send("GET", `versioned?versions=&prefix=${key}`);
    for (const [, id] of text.matchAll(/<VersionId>([^<]*)/g)) await send("DELETE", `versioned/${key}?versionId=${id}`);
  }
}
