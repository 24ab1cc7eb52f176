import os from "node:os";
import { budgetOf } from "@/lib/derive/budget/budget";
import { poolBytes } from "@/lib/derive/decoder-pool";
import { testUser } from "@/tests/support/collections";
import { picture } from "@/tests/support/pictures";
import { measured, samples } from "./decoder/estimates";
import { hostileFiles } from "./decoder/hostile-files";
import { type NamedFile, untilFinal, upload, watchDecoders, withSite } from "./decoder/site";
import type { Bench, BenchResult, Row, Target } from "./report";

export const cases = ["waiting", "hostile", "estimates"];

const [hostileCount, hostileOfOne, ordinaryCount, rounds] = [300, 50, 10, 3];
const targets = { waitSeconds: 5, hostileSeconds: 300 };

/** Photographs of a phone, all different. */
function photographs(seed: number): Promise<NamedFile[]> {
  return Promise.all(
    Array.from({ length: ordinaryCount }, async (_, i) => ({
      name: `${i}.jpg`,
      bytes: await picture({ width: 4_000, height: 3_000, seed: seed * 100 + i }),
    })),
  );
}

type Part = { rows: Row[]; targets: Target[] };

/** How long one person's photographs take alone, and while another person's hostile pictures are decoded. */
async function waiting(): Promise<Part> {
  const [someone, other] = [await testUser("Someone"), await testUser("Other")];
  const alone: number[] = [];
  const beside: number[] = [];
  const decoders = watchDecoders();
  for (let round = 0; round < rounds; round++) {
    const files = [await photographs(2 * round), await photographs(2 * round + 1)] as const;
    alone.push((await untilFinal(await upload(someone, files[0]))).seconds);
    const hostile = await upload(other, await hostileFiles(hostileOfOne));
    beside.push((await untilFinal(await upload(someone, files[1]))).seconds);
    await untilFinal(hostile);
  }
  const { mostBytes } = decoders.stop();
  const most = (seconds: number[]) => ({ value: Math.max(...seconds), unit: "s", digits: 2 });
  const longer = Math.max(...beside.map((seconds, i) => seconds - (alone[i] ?? 0)));
  return {
    rows: [
      { name: `${ordinaryCount} photographs of 12 megapixels, alone`, figures: [most(alone), null] },
      {
        name: `the same beside ${hostileOfOne} hostile pictures of one person`,
        figures: [most(beside), megabytes(mostBytes)],
      },
    ],
    targets: [
      {
        text: `other people wait at most ${targets.waitSeconds} s longer (seen: ${longer.toFixed(2)} s)`,
        met: longer <= targets.waitSeconds,
      },
      withinPool(mostBytes),
    ],
  };
}

/** How long hostile pictures take until each has its final state. */
async function hostile(): Promise<Part> {
  const decoders = watchDecoders();
  const id = await upload(await testUser("Other"), await hostileFiles(hostileCount));
  const { seconds, states } = await untilFinal(id);
  const { mostBytes } = decoders.stop();
  const outcome = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  return {
    rows: [
      {
        name: `${hostileCount} hostile pictures (${outcome.join(", ")})`,
        figures: [{ value: seconds, unit: "s", digits: 1 }, megabytes(mostBytes)],
      },
    ],
    targets: [
      {
        text: `${hostileCount} hostile pictures end within ${targets.hostileSeconds} s`,
        met: seconds <= targets.hostileSeconds,
      },
      withinPool(mostBytes),
    ],
  };
}

const megabytes = (bytes: number) => ({ value: bytes / 1e6, unit: "MB" });
const withinPool = (mostBytes: number): Target => ({
  text: `all decoders together stay within ${poolBytes / 1e6} MB (seen: ${Math.round(mostBytes / 1e6)} MB)`,
  met: mostBytes <= poolBytes,
});

/** What pictures take, and what was estimated from their headers. */
async function estimates(): Promise<Part> {
  const rows: Row[] = [];
  const exceeded: string[] = [];
  for await (const { name, contentType, filePath, remove } of samples()) {
    const budget = budgetOf(filePath, contentType);
    if (!budget.fits) throw new Error(`${name}: ${budget.reason}`);
    const { seconds, memoryBytes } = await measured(filePath, contentType);
    rows.push({
      name: `${name}, estimated ${Math.round(budget.memoryBytes / 1e6)} MB and ${budget.seconds.toFixed(1)} s`,
      figures: [{ value: seconds, unit: "s", digits: 2 }, megabytes(memoryBytes)],
    });
    if (memoryBytes > budget.memoryBytes) exceeded.push(name);
    await remove();
  }
  const text = `no picture takes more memory than estimated${exceeded.length > 0 ? ` (${exceeded.join(", ")})` : ""}`;
  return { rows, targets: [{ text, met: exceeded.length === 0 }] };
}

/** Measures what decoding takes, and what others notice of it. */
export const bench: Bench = async ({ only }): Promise<BenchResult> => {
  const wants = (name: string) => only.length === 0 || only.includes(name);
  const parts: Part[] = [];
  if (wants("estimates")) parts.push(await estimates());
  if (wants("waiting")) parts.push(await withSite(waiting));
  if (wants("hostile")) parts.push(await withSite(hostile));
  return {
    title: "Decoding pictures",
    conditions: `Node ${process.versions.node}, ${os.availableParallelism()} cores of ${os.cpus()[0]?.model ?? "an unknown processor"}; worker, database and store on the same machine. Memory: of all decoders together, or of a picture beyond an idle decoder. The longest of ${rounds} rounds; estimates by processor time.`,
    columns: ["time", "memory"],
    rows: parts.flatMap(({ rows }) => rows),
    targets: parts.flatMap((part) => part.targets),
  };
};
