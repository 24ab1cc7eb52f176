import { expect, vi } from "vitest";
import type { Command } from "@/lib/cli/usage";

/** Runs a subcommand of `atoll` in this process, expects that it succeeds, and returns what it printed. Rejects with its error. */
export async function printedBy(command: Command, args: readonly string[]): Promise<string> {
  let printed = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text, ...more) => {
    printed += text;
    for (const done of more) if (typeof done === "function") done();
    return true;
  });
  const log = vi.spyOn(console, "log").mockImplementation((line) => {
    printed += `${line}\n`;
  });
  try {
    expect(await command.run([...args])).toBe(0);
  } finally {
    write.mockRestore();
    log.mockRestore();
  }
  return printed;
}
