// `npm test`: install, types, lint, boundaries, unused code, unit, integration and browser tests, on a bare clone, too.
// `npm run check`: the same without the packages and browser parts. Exit 0 only when all pass.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ensureClient, ensurePackages, nodeProblem, root, typescriptArgs } from "../lib/cli/install.mjs";
import { ensureBrowser } from "./support/find-browser.mjs";
import { runLane, runStep, stopSteps } from "./support/steps.mjs";

const modules = path.join(root, "node_modules");
const reports = mkdtempSync(path.join(os.tmpdir(), "atoll-reports-"));
const vitestReport = path.join(reports, "vitest.json");
const playwrightReport = path.join(reports, "playwright.json");

const next = path.join(modules, "next/dist/bin/next");
const typeRoutes = { name: "route types", args: [next, "typegen"] };
const types = { name: "types", args: [path.join(modules, "typescript/bin/tsc"), "--noEmit"] };
const lint = {
  name: "format and lint",
  args: [path.join(modules, "@biomejs/biome/bin/biome"), "check", "--error-on-warnings"],
};
const boundaries = { name: "boundaries", args: [path.join(root, "tests/support/boundaries.mjs")] };
const unused = { name: "unused code", args: [path.join(modules, "knip/bin/knip.js")] };
const tests = {
  name: "unit and integration tests",
  args: [
    ...[path.join(modules, "vitest/vitest.mjs"), "run"],
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${vitestReport}`],
  ],
};
// A function: what runs TypeScript is not there before the install.
const build = () => ({
  name: "build",
  args: typescriptArgs("tests/support/build.ts", []),
  env: { NODE_ENV: "production" },
});

/** Browser tests come last and alone: they need the build, and the two cores for themselves. */
function browserTests(chromium) {
  const cli = path.join(modules, "@playwright/test/cli.js");
  const env = { CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: playwrightReport };
  return { name: "browser tests", args: [cli, "test", "--reporter=line,json"], env };
}

async function check() {
  const results = await Promise.all([runLane([lint, typeRoutes, types, boundaries, unused]), runLane([tests])]);
  return results.every(Boolean);
}

async function all() {
  let chromium = "";
  const browser = {
    name: "browser",
    run: async () => {
      chromium = await ensureBrowser();
    },
  };
  const results = await Promise.all([
    runLane([lint, typeRoutes, types, boundaries, unused, build()]),
    runLane([browser, tests]),
  ]);
  const isReady = chromium !== "" && existsSync(path.join(root, ".next/BUILD_ID"));
  if (!isReady) process.stdout.write("✗ browser tests: not run, without a browser or a build\n");
  return (isReady ? await runStep(browserTests(chromium)) : false) && results.every(Boolean);
}

async function install() {
  const problem = nodeProblem();
  if (problem) throw new Error(problem);
  await ensurePackages();
  await ensureClient();
}

// Without it a change of the schema would be checked against the client of before.
const client = { name: "database client", run: ensureClient };

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

/** The one line that sums up. A run that died before its report counts as one failure. */
function summary(withBrowser) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const vitest = readReport(vitestReport);
  if (vitest) {
    total.passed += vitest.numPassedTests;
    total.skipped += vitest.numPendingTests + vitest.numTodoTests;
    // A file that cannot even be loaded has no tests to count.
    const broken = vitest.testResults.filter(
      ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
    );
    total.failed += vitest.numFailedTests + broken.length;
  } else total.failed += 1;
  const playwright = readReport(playwrightReport);
  if (playwright) {
    const { expected, unexpected, flaky, skipped } = playwright.stats;
    total.passed += expected + flaky;
    total.failed += unexpected + playwright.errors.length;
    total.skipped += skipped;
  } else if (withBrowser) total.failed += 1;
  return `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`;
}

const withBrowser = process.argv[2] !== "check";
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    stopSteps();
    rmSync(reports, { recursive: true, force: true });
    process.exit(1);
  });
}
const isInstalled = await runStep(withBrowser ? { name: "install", run: install } : client);
const isOk = isInstalled && (await (withBrowser ? all() : check()));
process.stdout.write(`${summary(withBrowser)}\n`);
rmSync(reports, { recursive: true, force: true });
process.exit(isOk ? 0 : 1);
