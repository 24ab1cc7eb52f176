import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { supervise } from "@/lib/cli/process/supervise";

const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-supervise-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Starts a child that runs `onSigterm` when it gets SIGTERM. */
async function startChild(onSigterm: string) {
  const file = path.join(dir, "child.mjs");
  writeFileSync(
    file,
    `process.on("SIGTERM", () => { ${onSigterm} }); setInterval(() => {}, 1000); process.send({ type: "ready" });`,
  );
  const said: string[] = [];
  const child = supervise(
    { name: "child", file, env: process.env, logFile: path.join(dir, "child.log") },
    (line) => said.push(line),
    (error) => said.push(error.message),
  );
  await child.ready;
  return { child, said };
}

test("a child that cannot be started ends the wait for it, with the reason", async () => {
  const said: string[] = [];
  const spec = { name: "child", file: "missing.mjs", env: process.env, logFile: path.join(dir, "no.log") };
  const node = process.execPath;
  process.execPath = path.join(dir, "no-such-node");
  try {
    const child = supervise(
      spec,
      (line) => said.push(line),
      (error) => said.push(error.message),
    );
    await expect(child.ready).rejects.toThrow(/^spawn .*no-such-node ENOENT$/);
    await child.stop();
  } finally {
    process.execPath = node;
  }
  expect(said).toEqual([]);
});

test.each([
  ["ends by itself", "process.exit(0)", null],
  ["ends with an error", "process.exit(3)", "it ended with code 3"],
  ["has to be killed", 'process.kill(process.pid, "SIGKILL")', "it ended with SIGKILL"],
])("a stop tells whether the child %s", async (_, onSigterm, expected) => {
  const { child, said } = await startChild(onSigterm);
  const failure = await child.stop().then(
    () => null,
    (error: Error) => error.message,
  );
  expect(failure).toBe(expected);
  expect(said).toEqual([]);
});
