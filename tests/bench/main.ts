import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Bench, markdown, rowText } from "./report";

const notBenches = new Set(["main", "report"]);

function names(): string[] {
  const files = readdirSync(import.meta.dirname).filter((file) => /^[a-z][a-z0-9-]*\.ts$/.test(file));
  return files.map((file) => file.slice(0, -".ts".length)).filter((name) => !notBenches.has(name));
}

function usage(): string {
  return `Usage: npm run bench -- NAME [--only CASE]… [--json] [--check]
  NAME     ${names().join(", ")}
  --only   this case, of a benchmark that has several
  --json   the figures as JSON
  --check  exit 1 where a stated target is missed`;
}

/** Loads a benchmark. Throws TypeError for an unknown benchmark or case. */
async function load(name: string, only: readonly string[]): Promise<Bench> {
  const file = path.join(import.meta.dirname, `${name}.ts`);
  if (!names().includes(name) || !existsSync(file)) throw new TypeError(`There is no benchmark called ${name}.`);
  const { bench, cases = [] } = (await import(pathToFileURL(file).href)) as { bench?: Bench; cases?: string[] };
  if (typeof bench !== "function") throw new TypeError(`tests/bench/${name}.ts exports no function called bench.`);
  const unknown = only.filter((one) => !cases.includes(one));
  if (unknown.length > 0)
    throw new TypeError(`${name} has no case ${unknown.join(", ")}, but: ${cases.join(", ") || "none"}`);
  return bench;
}

/** Returns the exit code: 0 done, 1 a target missed with --check or the benchmark failed, 2 wrong usage. */
async function main(args: string[]): Promise<number> {
  const flag = { type: "boolean" } as const;
  const options = { only: { type: "string", multiple: true }, json: flag, check: flag, help: flag } as const;
  let bench: Bench;
  let flags: { only?: string[]; json?: boolean; check?: boolean; help?: boolean };
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true });
    flags = parsed.values;
    if (flags.help) {
      console.log(usage());
      return 0;
    }
    const [name, ...rest] = parsed.positionals;
    if (name === undefined || rest.length > 0) throw new TypeError("Name one benchmark.");
    bench = await load(name, flags.only ?? []);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n${usage()}`);
    return 2;
  }
  const result = await bench({ only: flags.only ?? [], progress: (row) => console.error(rowText(row)) });
  console.log(flags.json ? JSON.stringify(result, null, 2) : markdown(result));
  const missed = result.targets.filter(({ met }) => !met);
  if (!flags.check || missed.length === 0) return 0;
  for (const { text } of missed) console.error(`Target missed: ${text}`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
