// Runs the steps of tests/run.mjs: two lanes of them at once, one line each, full output of those that fail.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { root } from "../../lib/cli/install.mjs";

/** Whatever the machine points Atoll at is not for the tests: empty is unset, and wins over a .env file. */
export function testEnv() {
  const foreign =
    /^(DATABASE_URL|NEXTAUTH_.*|PORT|S3_.*|AWS_.*|ATOLL_(?!TEST_).*|(GITHUB|GOOGLE)_(ID|SECRET)|OIDC_.*)$/;
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", AWS_EC2_METADATA_DISABLED: "true" };
  for (const name of Object.keys(env)) if (foreign.test(name) && name !== "AWS_EC2_METADATA_DISABLED") env[name] = "";
  return env;
}

const children = new Set();
let isStopping = false;
/** The lines about skipped tests that were printed. */
const skipped = new Set();

/** Interrupts the running steps, starts no more, and resolves when they have ended with the servers they started. */
export async function stopSteps() {
  isStopping = true;
  const ended = [...children].map((child) => once(child, "close"));
  for (const child of children) child.kill("SIGINT");
  await Promise.all(ended);
}

/** Runs Node with these arguments. Gives its output, and whether it ended well. */
function runNode(args, env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...testEnv(), FORCE_COLOR: process.stdout.isTTY ? "1" : "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => output.push(Buffer.from(error.message)));
    child.on("close", (code) => {
      children.delete(child);
      resolve({ isOk: code === 0, output: Buffer.concat(output).toString() });
    });
  });
}

/**
 * Runs one step: `{ name, args, env? }` for Node, or `{ name, run }` for a function. Prints its line, and its output
 * when it failed; what it skipped it says in lines that begin with "Skipping". Gives whether it passed.
 */
export async function runStep(step) {
  if (isStopping) return false;
  const startedAt = Date.now();
  let isOk = true;
  let output = "";
  if (step.run) {
    try {
      await step.run();
    } catch (error) {
      [isOk, output] = [false, error.message];
    }
  } else ({ isOk, output } = await runNode(step.args, step.env));
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${isOk ? "✓" : "✗"} ${step.name} ${seconds} s\n`);
  if (!isOk) process.stdout.write(`${output.trimEnd()}\n`);
  else {
    for (const line of output.match(/^Skipping .*$/gm) ?? []) {
      if (!skipped.has(line)) process.stdout.write(`  ${line}\n`);
      skipped.add(line);
    }
  }
  return isOk;
}

/** Runs steps one after the other, whatever becomes of each. Gives whether all passed. */
export async function runLane(steps) {
  let isOk = true;
  for (const step of steps) isOk = (await runStep(step)) && isOk;
  return isOk;
}
