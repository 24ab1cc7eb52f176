import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { SigningIdentity } from "@/lib/storage/sign";
import { cephAvailable, startCeph } from "../support/services/ceph";
import { type Bench, median } from "./report";
import { LeanClient } from "./store/client";
import { startOwnStore } from "./store/own";

const smallBytes = 4096;
const smallCount = 3000;
const lanes = 32;
const largeBytes = 200 * 1024 * 1024;
const rounds = 5;
const manyObjects = 100_000;
const megabyte = 1e6;

type Figures = { put: number[]; get: number[]; up: number[]; down: number[] };
type Peer = { client: LeanClient; figures: Figures };

async function round({ client, figures }: Peer, index: number): Promise<void> {
  const body = Buffer.alloc(smallBytes, index);
  figures.put.push(await client.putSmall(`small-${index}-`, body, smallCount, lanes));
  figures.get.push(await client.getSmall(`small-${index}-`, smallBytes, smallCount, lanes));
  figures.up.push(await client.putLarge("large", largeBytes));
  figures.down.push(await client.getLarge("large", largeBytes));
}

/** Resident memory of the process: its own, and including the mapped pages of the database file, which the system can reclaim. */
async function residentMegabytes(pid: number | undefined): Promise<{ own: number; withMapped: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / megabyte;
  return { own: field("RssAnon"), withMapped: field("VmRSS") };
}

function medians({ put, get, up, down }: Figures): number[] {
  return [median(put), median(get), median(up) / megabyte, median(down) / megabyte];
}

/**
 * Compares the embedded store with Ceph RGW on bluestore, in alternating rounds, through the same minimal client. Both
 * acknowledge a write once it is on disk. Needs Linux and Ceph's packages (tests/support/services/ceph-rgw.sh fetch).
 */
export const bench: Bench = async () => {
  if (!cephAvailable()) throw new Error("Ceph's packages are missing: run tests/support/services/ceph-rgw.sh fetch");
  const dataDir = await mkdtemp(path.join(os.tmpdir(), "bench-store-"));
  const ceph = await startCeph();
  const ours = await startOwnStore(dataDir);
  const { stop, ...login } = ceph;
  const peer = (identity: SigningIdentity): Peer => ({
    client: new LeanClient(identity),
    figures: { put: [], get: [], up: [], down: [] },
  });
  const atoll = peer(ours.identity);
  const rgw = peer({ ...login, bucket: "bench", forcePathStyle: true });
  try {
    for (const one of [atoll, rgw]) {
      await one.client.createBucket();
      await one.client.putSmall("warm-", Buffer.alloc(smallBytes), 500, lanes);
    }
    for (let index = 0; index < rounds; index++) {
      await round(atoll, index);
      await round(rgw, index);
    }
    const rgwList = (await rgw.client.list()).perSecond;
    const there = 500 + rounds * smallCount;
    await atoll.client.putSmall("many-", Buffer.alloc(smallBytes), manyObjects - there, lanes);
    const list = await atoll.client.list();
    const memory = await residentMegabytes(ours.pid);
    return report(medians(atoll.figures), medians(rgw.figures), list, rgwList, memory);
  } finally {
    atoll.client.close();
    rgw.client.close();
    await Promise.all([ours.stop(), stop()]);
    await rm(dataDir, { recursive: true, force: true });
  }
};

function report(
  ours: number[],
  theirs: number[],
  list: { keys: number; perSecond: number },
  theirList: number,
  memory: { own: number; withMapped: number },
) {
  const names = ["PUT 4 KiB", "GET 4 KiB", "PUT 200 MB", "GET 200 MB"];
  const floors = [2, 2, 1, 1];
  const rows = names.map((name, index) => {
    const [mine = 0, other = 0] = [ours[index], theirs[index]];
    const unit = index < 2 ? "/s" : "MB/s";
    return {
      name,
      ratio: mine / other,
      figures: [
        { value: mine, unit },
        { value: other, unit },
        { value: mine / other, unit: "×", digits: 2 },
      ],
    };
  });
  const ratio = { value: list.perSecond / theirList, unit: "×", digits: 2 };
  const listRow = {
    name: "LIST",
    figures: [{ value: list.perSecond, unit: "keys/s" }, { value: theirList, unit: "keys/s" }, ratio],
  };
  const resident = (name: string, value: number) => ({ name, figures: [{ value, unit: "MB" }, null, null] });
  return {
    title: "The embedded store compared with Ceph RGW (bluestore)",
    conditions: `Median of ${rounds} alternating rounds; small objects over ${lanes} connections, large ones over one; ${os.availableParallelism()} cores shared with the client. Presigned requests from one minimal client.`,
    columns: ["Atoll", "Ceph RGW", "ratio"],
    rows: [
      ...rows.map(({ name, figures }) => ({ name, figures })),
      listRow,
      resident(`RSS at ${list.keys} objects, its own`, memory.own),
      resident("with the mapped database", memory.withMapped),
    ],
    targets: [
      ...rows.map(({ name, ratio: reached }, index) => ({
        text: `${name} at least ${floors[index]} times RGW`,
        met: reached >= (floors[index] ?? 0),
      })),
      { text: "LIST at least 50,000 keys/s", met: list.perSecond >= 50_000 },
    ],
  };
}
