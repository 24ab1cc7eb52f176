import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { defineConfig, devices } from "@playwright/test";
import { findBrowser } from "./tests/support/find-browser.mjs";
import { testEnv } from "./tests/support/steps.mjs";

const port = Number(process.env.ATOLL_E2E_PORT || 34_117);
// The workers evaluate this file, too, and read where the server keeps its data and who the demo user is.
if (process.env.TEST_WORKER_INDEX === undefined) {
  const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-e2e-"));
  // PostgreSQL runs as a user of its own when the tests run as root.
  chmodSync(dir, 0o711);
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  process.env.ATOLL_DATA_DIR = dir;
  process.env.ATOLL_DEMO_PASSWORD = randomBytes(12).toString("hex");
}
// Of the SDK, by which the tests look into the storage: a warning about Node versions in each worker.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const { ATOLL_DATA_DIR = "", ATOLL_DEMO_PASSWORD = "" } = process.env;
const executablePath = findBrowser();

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  fullyParallel: false,
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  use: {
    ...devices["Desktop Chrome"],
    baseURL: `http://localhost:${port}`,
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      // As root there is no sandbox; /dev/shm of containers is small.
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    },
    // CI keeps only what is printed, and recording takes a sixth of its time.
    trace: process.env.CI ? "off" : "retain-on-failure",
    screenshot: "only-on-failure",
  },
  webServer: {
    command: "node lib/cli/bootstrap.mjs up",
    url: `http://localhost:${port}/api/health`,
    timeout: 300_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGTERM", timeout: 30_000 },
    stdout: "pipe",
    env: { ...testEnv(), PORT: String(port), ATOLL_DATA_DIR, ATOLL_DEMO_PASSWORD },
  },
});
