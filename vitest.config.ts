import { existsSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "vitest/config";

import { cephAvailable } from "./tests/support/ceph.ts";

const root = import.meta.dirname;

/** Against Ceph's S3, which is started once for the project `elsewhere`. */
const comparison = "tests/integration/embedded-s3/differential/**/*.test.ts";

/**
 * The main job once more, on Ceph's S3 and Debian's PostgreSQL 15, and the embedded S3 store compared with Ceph's, where
 * both are there (`.ci/run` fetches them).
 */
function elsewhere() {
  const postgres = existsSync("/usr/lib/postgresql/15/bin/postgres");
  if (!postgres)
    console.error(
      "Skipping the main job on PostgreSQL 15 and the comparison with Ceph: Debian's package postgresql-15 is not here.",
    );
  if (!cephAvailable() || !postgres) return [];
  const include = ["tests/integration/main-job/**/*.test.ts", comparison];
  const globalSetup = ["tests/support/global-services.ts"];
  return [{ extends: true as const, test: { name: "elsewhere", include, globalSetup } }];
}

export default defineConfig({
  resolve: { alias: { "@": root, "server-only": path.join(root, "tests/support/empty.ts") } },
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "unit", include: ["tests/unit/**/*.test.{ts,tsx}"] } },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          exclude: [comparison],
          globalSetup: ["tests/support/global-services.ts"],
        },
      },
      ...elsewhere(),
    ],
  },
});
