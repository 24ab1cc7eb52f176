// `npm test`: install, types, lint, boundaries, unused code, unit, integration and browser tests, on a bare clone, too.
// `npm run check`: the same without the packages and browser parts. Exit 0 only when all pass.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ensureClient, ensurePackages, nodeProblem, root, typescriptArgs } from "../lib/cli/install.mjs";
import { ensureBrowser } from "./support/find-browser.mjs";
import { applyForm } from "./support/forms.mjs";
import { summary } from "./support/gate/reports.mjs";
import { runLane, runStep, stopSteps } from "./support/steps.mjs";

const modules = path.join(root, "node_modules");
const reports = mkdtempSync(path.join(os.tmpdir(), "atoll-reports-"));
const reportOf = (name) => path.join(reports, `${name}.json`);

const next = path.join(modules, "next/dist/bin/next");
const typeRoutes = { name: "route types", args: [next, "typegen"] };
const types = { name: "types", args: [path.join(modules, "typescript/bin/tsc"), "--noEmit"] };
const lint = {
  name: "format and lint",
  args: [path.join(modules, "@biomejs/biome/bin/biome"), "check", "--error-on-warnings"],
};
const boundaries = { name: "boundaries", args: [path.join(root, "tests/support/gate/boundaries.mjs")] };
const unused = { name: "unused code", args: [path.join(modules, "knip/bin/knip.js")] };
const vitest = (name, projects) => ({
  name: `${name} tests`,
  args: [
    ...[path.join(modules, "vitest/vitest.mjs"), "run", `--project=${projects}`],
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${reportOf(name)}`],
  ],
});
const unit = vitest("unit", "unit");
const integration = vitest("integration", "!unit");
// A function: what runs TypeScript is not there before the install.
const build = () => ({
  name: "build",
  args: typescriptArgs("tests/support/gate/build.ts", []),
  env: { NODE_ENV: "production" },
});

function browserTests(chromium) {
  const cli = path.join(modules, "@playwright/test/cli.js");
  const env = { CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: reportOf("browser") };
  return { name: "browser tests", args: [cli, "test", "--reporter=line,json"], env };
}

/** Runs lanes of steps at once. Returns whether all passed. */
async function runLanes(...lanes) {
  const results = await Promise.all(lanes.map(runLane));
  return results.every(Boolean);
}

async function check() {
  const isSound = await runLanes([lint, typeRoutes, types, boundaries, unused], [unit]);
  return (await runStep(integration)) && isSound;
}

/** What starts servers and kills them comes after what only computes: it needs the cores for itself. */
async function all() {
  let chromium = "";
  const browser = {
    name: "browser",
    run: async () => {
      chromium = await ensureBrowser();
    },
  };
  // The build empties .next, where the types of the routes are.
  const isSound = await runLanes([typeRoutes, types, build()], [lint, boundaries, unused, unit], [browser]);
  const isIntegrated = await runStep(integration);
  const isReady = chromium !== "" && existsSync(path.join(root, ".next/BUILD_ID"));
  if (!isReady) process.stdout.write("✗ browser tests: not run, without a browser or a build\n");
  return isReady && (await runStep(browserTests(chromium))) && isSound && isIntegrated;
}

async function install() {
  const problem = nodeProblem();
  if (problem) throw new Error(problem);
  await ensurePackages();
  await ensureClient();
}

// Without it a change of the schema would be checked against the client of before.
const client = { name: "database client", run: ensureClient };

const withBrowser = process.argv[2] !== "check";
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await stopSteps();
    rmSync(reports, { recursive: true, force: true });
    process.exit(1);
  });
}
const form = applyForm();
process.stdout.write(`The ${form} form, random tests from seed ${process.env.ATOLL_TEST_SEED} (ATOLL_TEST_SEED)\n`);
const isInstalled = await runStep(withBrowser ? { name: "install", run: install } : client);
const isOk = isInstalled && (await (withBrowser ? all() : check()));
process.stdout.write(summary([...["unit", "integration"], ...(withBrowser ? ["browser"] : [])].map(reportOf)));
rmSync(reports, { recursive: true, force: true });
process.exit(isOk ? 0 : 1);
