import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, test } from "vitest";
import { root, typescriptArgs } from "@/lib/cli/install.mjs";

test("a process ends whose reader ended before it, whatever it logs last", async () => {
  const file = path.join(root, "tests/support/log-at-exit.ts");
  const child = spawn(process.execPath, typescriptArgs(file, []), { stdio: ["ignore", "pipe", "ignore", "ipc"] });
  await once(child, "message");
  child.stdout?.destroy();
  child.send("end");
  expect(await once(child, "exit")).toEqual([0, null]);
});
