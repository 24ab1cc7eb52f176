#!/usr/bin/env node
// The `atoll` command, also on a fresh clone: installs packages, generates the Prisma client, runs TypeScript.
//   bootstrap.mjs COMMAND …        a subcommand of atoll
//   bootstrap.mjs --run FILE …     a TypeScript file of the project
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  ensureClient,
  ensurePackages,
  nodeProblem,
  root,
  storeNodeFlags,
  typescriptArgs,
  typescriptEnv,
} from "./install.mjs";

function target(argv) {
  if (argv[0] === "--run") {
    if (!argv[1]) throw new Error("--run needs a file");
    return { file: path.resolve(argv[1]), args: argv.slice(2), nodeFlags: [] };
  }
  return { file: path.join(root, "lib/cli/main.ts"), args: argv, nodeFlags: argv[0] === "s3" ? storeNodeFlags : [] };
}

let child;

function onSignal(signal) {
  if (child) child.kill(signal);
  // Still installing. Exiting ends the installer, too.
  else process.exit(128 + os.constants.signals[signal]);
}

function start({ file, args, nodeFlags }) {
  child = spawn(process.execPath, [...nodeFlags, ...typescriptArgs(file, args)], {
    // The ipc channel closes when this process ends, even by SIGKILL, and the child notices.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...typescriptEnv },
  });
  stopWithNpm();
  child.on("error", fail);
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (os.constants.signals[signal] ?? 0)));
}

/** Stops the child when npm was killed by SIGKILL, which it cannot pass on: detected by a change of our parent process. */
function stopWithNpm() {
  if (!process.env.npm_lifecycle_event || process.platform !== "linux") return;
  const initial = ancestors();
  const watch = setInterval(() => {
    if (ancestors() === initial) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, 1_000);
  watch.unref();
}

/** Returns the parent's process id and, if the parent is a shell, the id of its parent. */
function ancestors() {
  const { ppid } = process;
  try {
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${ppid}/stat`, "utf8")) ?? [];
    return /^(sh|dash|bash)$/.test(name) ? `${ppid} ${rest.split(" ")[1]}` : `${ppid}`;
  } catch {
    return `${ppid}`;
  }
}

function fail(error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onSignal);
const problem = nodeProblem();
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
try {
  const wanted = target(process.argv.slice(2));
  await ensurePackages();
  await ensureClient();
  start(wanted);
} catch (error) {
  fail(error);
}
