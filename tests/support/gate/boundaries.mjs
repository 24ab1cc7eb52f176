// Checks the import table: `node tests/support/gate/boundaries.mjs [folder]`. Exit 1 with one line a violation.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");
const cruiser = path.join(root, "node_modules/dependency-cruiser");

// dependency-cruiser reads TypeScript through the compiler's API, which TypeScript 7 does not have: it gets its own 5.9.
const own = path.join(cruiser, "node_modules/typescript");
if (!existsSync(own)) {
  mkdirSync(path.dirname(own), { recursive: true });
  symlinkSync(path.dirname(createRequire(import.meta.url).resolve("typescript-5/package.json")), own, "junction");
}

const base = path.resolve(process.argv[2] ?? root);
const folders = ["app", "components", "lib", "prisma", "tests", "middleware.ts"].filter((name) =>
  existsSync(path.join(base, name)),
);
const { status } = spawnSync(
  process.execPath,
  [
    path.join(cruiser, "bin/dependency-cruise.mjs"),
    ...folders,
    "--config",
    path.join(root, ".dependency-cruiser.cjs"),
    ...process.argv.slice(3),
  ],
  { cwd: base, stdio: "inherit" },
);
process.exit(status ?? 1);
