import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { defineConfig, devices } from "@playwright/test";
import { type Engine, type EngineOptions, engines, missingPackages } from "./tests/e2e/engines/installed";
import { findBrowser } from "./tests/support/find-browser.mjs";
import { applyForm } from "./tests/support/forms.mjs";
import { testEnv } from "./tests/support/steps.mjs";

applyForm();
const port = Number(process.env.ATOLL_E2E_PORT || 34_117);
const isWorker = process.env.TEST_WORKER_INDEX !== undefined;
// The workers evaluate this file, too, and read where the server keeps its data and who the demo user is.
if (!isWorker) {
  const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-e2e-"));
  // PostgreSQL runs as a user of its own when the tests run as root.
  chmodSync(dir, 0o711);
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  process.env.ATOLL_DATA_DIR = dir;
  process.env.ATOLL_DEMO_PASSWORD = randomBytes(12).toString("hex");
}
// The SDK, with which the tests list the storage, would print a warning about Node versions in each worker.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const { ATOLL_DATA_DIR = "", ATOLL_DEMO_PASSWORD = "" } = process.env;
const executablePath = findBrowser();

/** The main job in other engines takes a minute: with ATOLL_TEST_ENGINES=yes, where they are installed. */
const wanted = engines.filter((engine) => {
  const missing = missingPackages(engine);
  const isWanted = process.env.ATOLL_TEST_ENGINES === "yes";
  if (isWanted && missing.length > 0 && !isWorker)
    console.error(`Skipping the main job in ${engine}: ${missing.map((name) => `${name} is not here`).join(", ")}.`);
  return isWanted && missing.length === 0;
});
const ofEngine = (engine: Engine) => ({ name: engine, testMatch: "engines/*.spec.ts", use: { engine } });

export default defineConfig<EngineOptions>({
  testDir: "tests/e2e",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  // Generous, for a busy machine: conditions end the waits.
  timeout: 300_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env.CI),
  use: {
    ...devices["Desktop Chrome"],
    // What moves without end, as while an upload waits, would be drawn 60 times a second. Tests of movement ask for it.
    contextOptions: { reducedMotion: "reduce" },
    baseURL: `http://localhost:${port}`,
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      // As root there is no sandbox; /dev/shm of containers is small.
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    },
    // Recording takes a sixth of the time. To see what led to a failure: `npx playwright test --trace retain-on-failure FILE`.
    trace: "off",
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "parallel", testIgnore: ["alone/**", "engines/**"] },
    ...wanted.map(ofEngine),
    // Tests that stop what others need, or read what others did. Without the others: `--no-deps`.
    {
      name: "alone",
      testMatch: "alone/*.spec.ts",
      dependencies: ["parallel", ...wanted],
      workers: 1,
      fullyParallel: false,
    },
  ],
  webServer: {
    command: "node lib/cli/bootstrap.mjs up",
    url: `http://localhost:${port}/api/health`,
    timeout: 300_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGTERM", timeout: 30_000 },
    stdout: "pipe",
    // Each test signs up from an address of its own (tests/e2e/test.ts), as if a proxy in front of the site had seen it.
    env: { ...testEnv(), PORT: String(port), ATOLL_DATA_DIR, ATOLL_DEMO_PASSWORD, ATOLL_PROXY_HOPS: "1" },
  },
});
