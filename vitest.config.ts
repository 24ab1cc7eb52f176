import { existsSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { applyForm } from "./tests/support/forms.mjs";
import { cephAvailable } from "./tests/support/services/ceph.ts";

const root = import.meta.dirname;
const form = applyForm();
const withPeers = process.env.ATOLL_TEST_PEERS === "yes";

/** Against Ceph's S3, which is started once for the project `elsewhere`. */
const comparison = "tests/integration/embedded-s3/differential/**/*.test.ts";
/** Debian's s3cmd, rclone and aws. */
const clients = "tests/integration/embedded-s3/clients/**/*.test.ts";
const globalSetup = ["tests/support/services/global-services.ts"];

/**
 * The main job and the storage layer once more, on Ceph's S3 and Debian's PostgreSQL 15, and the embedded S3 store compared
 * with Ceph's, where both are there (`.ci/run` fetches them).
 */
function elsewhere() {
  if (!withPeers) {
    console.error(
      `Skipping the tests with Ceph, PostgreSQL 15 and Debian's S3 clients in the ${form} form: .ci/run runs them.`,
    );
    return [];
  }
  const postgres = existsSync("/usr/lib/postgresql/15/bin/postgres");
  if (!postgres)
    console.error("Skipping the tests on PostgreSQL 15 and on Ceph: Debian's package postgresql-15 is not here.");
  if (!cephAvailable() || !postgres) return [];
  const names = ["main-job", "storage", "infra", "owner"];
  const include = [...names.map((name) => `tests/integration/${name}/**/*.test.ts`), comparison];
  return [{ extends: true as const, test: { name: "elsewhere", include, globalSetup } }];
}

const slowest =
  /(crash|disk-full|memory|delivery|aws-cli|disasters|worker|killed|faults|undo-histories|roles|up\/up)\.test\.ts$/;

/** Starts the slowest files of each project first: one that starts last keeps the run waiting while the other workers idle. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...new Set(sorted.map(({ project }) => project))].flatMap((project) => {
      const own = sorted.filter((file) => file.project === project);
      const isSlow = ({ moduleId }: TestSpecification) => slowest.test(moduleId);
      return [...own.filter(isSlow), ...own.filter((file) => !isSlow(file))];
    });
  }
}

export default defineConfig({
  resolve: { alias: { "@": root, "server-only": path.join(root, "tests/support/empty.ts") } },
  test: {
    // Bounds for a machine under load: no test measures time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 40_000 } },
    // One more than the cores of a small machine: much of the integration tests is waiting.
    maxWorkers: 3,
    sequence: { sequencer: SlowestFirst },
    isolate: false,
    setupFiles: ["tests/support/setup.ts"],
    projects: [
      { extends: true, test: { name: "unit", include: ["tests/unit/**/*.test.{ts,tsx}"] } },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          exclude: [comparison, ...(withPeers ? [] : [clients])],
          globalSetup,
        },
      },
      ...elsewhere(),
    ],
  },
});
