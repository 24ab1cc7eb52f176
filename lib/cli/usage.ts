import { type ParseArgsConfig, parseArgs } from "node:util";

/** Thrown for wrong usage: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Thrown for --help: the message is printed to stdout, exit code 0. */
export class HelpShown extends Error {
  override readonly name = "HelpShown";
}

/** A subcommand. `run` takes the arguments after its name and returns the exit code. */
export type Command = { help: string; run(args: string[]): Promise<number> };

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T & { args: string[] }>>;

/** Parses arguments as node:util's parseArgs, and handles --help. Throws UsageError with the parser's message, HelpShown. */
export function parseCommand<T extends ParseArgsConfig>(help: string, args: string[], config: T): Parsed<T> {
  const dashes = args.indexOf("--");
  if ((dashes < 0 ? args : args.slice(0, dashes)).some((arg) => arg === "--help" || arg === "-h")) {
    throw new HelpShown(help);
  }
  try {
    return parseArgs({ ...config, args });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". To specify")[0]);
  }
}

const seconds = { h: 60 * 60, d: 24 * 60 * 60 } as const;

/** Parses `--expires`: "36h" or "7d", of at most so many seconds. Returns seconds. Throws UsageError. */
export function parseLife(text: string, maxSeconds: number): number {
  const [, number = "", unit = "d"] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  const life = Number(number) * seconds[unit as keyof typeof seconds];
  if (life > 0 && life <= maxSeconds) return life;
  throw new UsageError(`--expires takes hours or days, like 36h or 7d, up to ${Math.floor(maxSeconds / seconds.d)}d`);
}
