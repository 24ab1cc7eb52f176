import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { ensureClient, nodeProblem } from "@/lib/cli/install.mjs";

// After an install no command has made it yet, and the first one says so.
beforeAll(ensureClient);

const bootstrap = path.resolve(import.meta.dirname, "../../../lib/cli/bootstrap.mjs");

async function atoll(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    // From another folder, like an `atoll` on the PATH.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [bootstrap, ...args], { cwd: "/" });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

test("an old Node gets a one-line error", () => {
  expect(nodeProblem("18.20.4")).toMatch(/^Atoll needs Node\.js 20\.19 or later, but this is 18\.20\.4\. [^\n]+$/);
  expect(nodeProblem("20.18.3")).not.toBeNull();
  for (const version of ["20.19.0", "22.12.0", "24.0.0"]) expect(nodeProblem(version)).toBeNull();
});

test("--help everywhere goes to stdout with exit 0", async () => {
  const calls = [[], ["up"], ["dev"], ["worker"], ["s3"], ["user"], ["collection"], ["infra"]];
  const answers = await Promise.all(calls.map((call) => atoll(...call, "--help")));
  for (const [index, { code, stdout, stderr }] of answers.entries()) {
    expect({ code, stderr }, calls[index]?.join(" ")).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: atoll /);
  }
});

test("wrong usage is exit 2 on stderr", async () => {
  const calls = [
    [],
    ["frobnicate"],
    ["up", "--fast"],
    ["up", "now"],
    ["user", "destroy", "x@example.org"],
    ["user", "disable"],
    ["user", "list", "x@example.org"],
    ["user", "enable", "x@example.org", "--admin"],
    ["user", "quota", "x@example.org"],
    ["user", "quota", "x@example.org", "much"],
    ["collection", "quota", "reef", "-1"],
    ["infra"],
    ["infra", "check", "--yes"],
    ["s3", "--port", "http"],
  ];
  const answers = await Promise.all(calls.map((call) => atoll(...call)));
  for (const [index, { code, stdout, stderr }] of answers.entries()) {
    expect({ code, stdout }, calls[index]?.join(" ")).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^atoll: /);
  }
});
