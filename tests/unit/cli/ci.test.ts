import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";

const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-ci-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(path.join(dir, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(dir, name), 0o755);
}

const isDebian = existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));

test.skipIf(!isDebian)(
  "without its mirrors, .ci/run fails after three tries instead of leaving tests out",
  async () => {
    const tries = path.join(dir, "tries");
    program("id", "echo 0");
    program("sleep", "exit 0");
    program("apt-get", `echo "$1" >> ${tries}; exit 100`);
    program("npm", `touch ${path.join(dir, "tested")}`);
    const env = { ...process.env, PATH: `${dir}:${process.env.PATH}`, XDG_CACHE_HOME: dir };
    const code = await new Promise((resolve) => {
      execFile(path.resolve(import.meta.dirname, "../../../.ci/run"), { env }, (error) => resolve(error?.code ?? 0));
    });
    expect(code).toBe(1);
    expect(existsSync(path.join(dir, "tested"))).toBe(false);
    expect(readFileSync(tries, "utf8")).toBe("update\nupdate\nupdate\n");
  },
);
