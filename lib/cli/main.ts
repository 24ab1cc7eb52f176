import { EnvError } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { loadDotEnv } from "./settings/dot-env";
import { tellMisspelled } from "./settings/misspelled";
import { type Command, HelpShown, UsageError } from "./usage";

type Entry = { summary: string; load(): Promise<Command> };

const commands: Record<string, Entry> = {
  up: { summary: "start all services and serve the site", load: async () => (await import("./up")).up },
  dev: { summary: "the same with Next's dev server", load: async () => (await import("./dev")).dev },
  worker: { summary: "run the worker alone", load: async () => (await import("./worker")).worker },
  user: {
    summary: "create, invite, list, disable accounts; set passwords, quotas",
    load: async () => (await import("./user/command")).user,
  },
  token: {
    summary: "create, list and revoke API tokens",
    load: async () => (await import("./token/command")).token,
  },
  collection: { summary: "set a collection's quota", load: async () => (await import("./collection")).collection },
  infra: { summary: "check a bucket, take one over", load: async () => (await import("./infra/command")).infra },
  s3: { summary: "run the embedded S3 store alone", load: async () => (await import("./s3")).s3 },
};

function overview(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`);
  return ["Usage: atoll COMMAND …", "", ...lines, "", "Run atoll COMMAND --help for details."].join("\n");
}

async function run([name, ...args]: string[]): Promise<number> {
  if (name === undefined) throw new UsageError("a command is missing");
  if (name === "--help" || name === "-h" || name === "help") throw new HelpShown(overview());
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) throw new UsageError(`unknown command "${name}"`);
  loadDotEnv();
  tellMisspelled(process.env, (line) => console.error(line));
  return (await entry.load()).run(args);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof HelpShown) {
    console.log(error.message);
    return 0;
  }
  if (error instanceof UsageError) {
    console.error(`atoll: ${error.message}\n\n${overview()}`);
    return 2;
  }
  if (error instanceof EnvError) {
    console.error(error.message);
    return 2;
  }
  console.error(error instanceof AppError || !process.env.ATOLL_DEBUG ? (error as Error).message : error);
  return 1;
}

process.exitCode = await run(process.argv.slice(2)).catch(exitCodeOf);
// Exits even if a connection pool is still open, after buffered output has been written.
process.stdout.write("", () => process.stderr.write("", () => process.exit()));
