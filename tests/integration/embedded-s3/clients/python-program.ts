import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const server = fileURLToPath(new URL("./fork-server.py", import.meta.url));

/** A program in Python whose modules are loaded once for all its calls; each call has a process of its own. */
export class PythonProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  /** @param modules to load beforehand */
  constructor(
    private readonly file: string,
    modules: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    this.#child = spawn("/usr/bin/python3", [server, file, ...modules], {
      env: env as NodeJS.ProcessEnv,
      cwd: env.HOME,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Makes one call at a time. Resolves with what it printed to stdout. @throws Error with its stderr when it fails */
  async run(args: readonly string[]): Promise<string> {
    this.#child.stdin.write(`${JSON.stringify(args)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`The process that runs ${this.file} ended.`);
    const [status, stdout, stderr] = JSON.parse(value) as [number, string, string];
    if (status !== 0) throw new Error(`${this.file} ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  stop(): void {
    this.#child.kill();
  }
}
