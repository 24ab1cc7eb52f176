import os from "node:os";
import { budgetOf } from "@/lib/derive/budget/budget";
import { poolBytes } from "@/lib/derive/decoder/pool";
import { testUser } from "@/tests/support/fixtures/collections";
import { picture } from "@/tests/support/pictures";
import { measured, samples } from "./decoder/estimates";
import { hostileFiles } from "./decoder/hostile-files";
import { cutShort, type NamedFile, pendingOf, untilFinal, upload, watchDecoders, withSite } from "./decoder/site";
import type { Bench, BenchOptions, BenchResult, Row, Target } from "./report";

export const cases = ["waiting", "hostile", "estimates"];

const [hostileCount, hostileOfOne, ordinaryCount, rounds] = [300, 50, 10, 3];
const targets = { waitSeconds: 5, hostileSeconds: 300 };
/** A machine on which photographs or a decoder take longer is too busy to measure anything. */
const tooBusySeconds = 60;

type Progress = BenchOptions["progress"];
type Part = { rows: Row[]; targets: Target[] };

/** Returns photographs of a phone, all different: one that was drawn, with a comment of its own in each. */
function photographs(drawn: Buffer, seed: number): NamedFile[] {
  return Array.from({ length: ordinaryCount }, (_, i) => {
    const text = Buffer.from(`${seed}-${i}`);
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, text.length + 2]), text]);
    return { name: `${i}.jpg`, bytes: Buffer.concat([drawn.subarray(0, 2), comment, drawn.subarray(2)]) };
  });
}

/** How long one person's photographs take alone, and while another person's hostile pictures are decoded. */
async function waiting(progress: Progress): Promise<Part> {
  const [someone, other] = [await testUser("Someone"), await testUser("Other")];
  const [drawn, hostile] = [await picture({ width: 4_000, height: 3_000 }), await hostileFiles(hostileOfOne)];
  const take = async (seed: number) => {
    const { seconds, states } = await untilFinal(await upload(someone, photographs(drawn, seed)), tooBusySeconds);
    if (states.ready !== ordinaryCount)
      throw new Error(`Photographs after ${Math.round(seconds)} s: ${JSON.stringify(states)}. Is the machine busy?`);
    return seconds;
  };
  const alone: number[] = [];
  const beside: number[] = [];
  const decoders = watchDecoders();
  for (let round = 0; round < rounds; round++) {
    alone.push(await take(2 * round));
    progress({ name: `Round ${round + 1}, alone`, figures: [inSeconds(alone.at(-1) ?? 0)] });
    const theirs = await upload(other, hostile);
    beside.push(await take(2 * round + 1));
    const left = await pendingOf(theirs);
    progress({ name: `Round ${round + 1}, beside (${left} left)`, figures: [inSeconds(beside.at(-1) ?? 0)] });
    // What they take is measured by another case.
    await cutShort(theirs, tooBusySeconds);
  }
  const { mostBytes } = decoders.stop();
  const most = (seconds: number[]) => inSeconds(Math.max(...seconds));
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

/** How long hostile pictures take until each has its final state. Stops soon after the target is missed. */
async function hostile(progress: Progress): Promise<Part> {
  const decoders = watchDecoders();
  const id = await upload(await testUser("Other"), await hostileFiles(hostileCount));
  const { seconds, states } = await untilFinal(id, targets.hostileSeconds + tooBusySeconds);
  const { mostBytes } = decoders.stop();
  const outcome = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  const row = {
    name: `${hostileCount} hostile pictures (${outcome.join(", ")})`,
    figures: [inSeconds(seconds, 1), megabytes(mostBytes)],
  };
  progress(row);
  return {
    rows: [row],
    targets: [
      {
        text: `${hostileCount} hostile pictures end within ${targets.hostileSeconds} s`,
        met: seconds <= targets.hostileSeconds && !states.pending,
      },
      withinPool(mostBytes),
    ],
  };
}

const inSeconds = (value: number, digits = 2) => ({ value, unit: "s", digits });
const megabytes = (bytes: number) => ({ value: bytes / 1e6, unit: "MB" });
const withinPool = (mostBytes: number): Target => ({
  text: `all decoders together stay within ${poolBytes / 1e6} MB (seen: ${Math.round(mostBytes / 1e6)} MB)`,
  met: mostBytes <= poolBytes,
});

/** What pictures take, and what was estimated from their headers. */
async function estimates(progress: Progress): Promise<Part> {
  const rows: Row[] = [];
  const exceeded: string[] = [];
  for await (const { name, contentType, filePath, remove } of samples()) {
    const budget = budgetOf(filePath, contentType);
    if (!budget.fits) throw new Error(`${name}: ${budget.reason}`);
    const { seconds, memoryBytes } = await measured(filePath, contentType);
    const row = {
      name: `${name}, estimated ${Math.round(budget.memoryBytes / 1e6)} MB and ${budget.seconds.toFixed(1)} s`,
      figures: [inSeconds(seconds), megabytes(memoryBytes)],
    };
    progress(row);
    rows.push(row);
    if (memoryBytes > budget.memoryBytes) exceeded.push(name);
    await remove();
  }
  const text = `no picture takes more memory than estimated${exceeded.length > 0 ? ` (${exceeded.join(", ")})` : ""}`;
  return { rows, targets: [{ text, met: exceeded.length === 0 }] };
}

/** Measures what decoding takes, and what others notice of it. */
export const bench: Bench = async ({ only, progress }): Promise<BenchResult> => {
  const wants = (name: string) => only.length === 0 || only.includes(name);
  const parts: Part[] = [];
  if (wants("estimates")) parts.push(await estimates(progress));
  // One site for both: the environment of a process is read once.
  if (wants("waiting") || wants("hostile")) {
    await withSite(async () => {
      if (wants("waiting")) parts.push(await waiting(progress));
      if (wants("hostile")) parts.push(await hostile(progress));
    });
  }
  return {
    title: "Decoding pictures",
    conditions: `Node ${process.versions.node}, ${os.availableParallelism()} cores of ${os.cpus()[0]?.model ?? "an unknown processor"}; worker, database and store on the same machine. Memory: of all decoders together, or of a picture beyond an idle decoder. The longest of ${rounds} rounds; estimates by processor time.`,
    columns: ["time", "memory"],
    rows: parts.flatMap(({ rows }) => rows),
    targets: parts.flatMap((part) => part.targets),
  };
};
