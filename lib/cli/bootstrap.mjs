#!/usr/bin/env node
// The way in on a bare clone, and the `atoll` command: makes packages and client ready, then runs the TypeScript.
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
  // Still installing: ends what it started, too.
  else process.exit(128 + os.constants.signals[signal]);
}

function start({ file, args, nodeFlags }) {
  child = spawn(process.execPath, [...nodeFlags, ...typescriptArgs(file, args)], {
    // By the channel (ipc) the child learns of our death, whatever kills us.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...typescriptEnv },
  });
  stopWithNpm();
  child.on("error", fail);
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (os.constants.signals[signal] ?? 0)));
}

/** npm killed outright passes no signal on: notice when it, or the shell it started us by, is no longer our parent. */
function stopWithNpm() {
  if (!process.env.npm_lifecycle_event || process.platform !== "linux") return;
  const born = ancestors();
  const watch = setInterval(() => {
    if (ancestors() === born) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, 1_000);
  watch.unref();
}

/** Our parent, and behind a shell the one that runs it. */
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
