import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const config = createRequire(import.meta.url)(path.join(root, ".dependency-cruiser.cjs")) as {
  forbidden: { name: string }[];
};

/** For each rule one file that breaks it: [file, what it imports]. */
const planted: Record<string, [file: string, imports: string]> = {
  "no-circular": ["lib/bulk/ring-a.ts", "@/lib/bulk/ring-b"],
  app: ["app/planted/page.tsx", "@/lib/storage/client"],
  "components-ui": ["components/ui/planted.tsx", "@/lib/media/schema"],
  "components-noun": ["components/media/planted.tsx", "@/components/upload/panel"],
  "pure-files": ["lib/planted/schema.ts", "@/lib/errors"],
  "pure-files-packages": ["lib/planted/policy.ts", "node:fs"],
  actions: ["lib/planted/actions.ts", "@/lib/storage/client"],
  record: ["lib/planted/queries.ts", "@/lib/derive/derive"],
  "database-only-in-record": ["lib/planted/other.ts", "@/lib/db"],
  uploader: ["lib/uploader/planted.ts", "@/lib/env"],
  storage: ["lib/storage/planted.ts", "@/lib/media/schema"],
  "aws-sdk-only-in-storage": ["lib/planted/sdk.ts", "@aws-sdk/client-s3"],
  derive: ["lib/derive/planted.ts", "@/lib/jobs/queue"],
  jobs: ["lib/jobs/planted.ts", "@/lib/storage/client"],
  queue: ["lib/jobs/boss.ts", "@/lib/derive/derive"],
  infra: ["lib/infra/planted.ts", "@/lib/env"],
  checksum: ["lib/checksum/planted.ts", "@/lib/errors"],
  embedded: ["lib/embedded/planted.ts", "@/lib/errors"],
  "embedded-only-from-cli": ["lib/planted/embedded.ts", "@/lib/embedded/postgres"],
  cli: ["lib/cli/planted.ts", "@/app/planted/page"],
  auth: ["lib/auth/planted.ts", "@/lib/storage/client"],
  prisma: ["prisma/planted.ts", "@/lib/storage/client"],
  "no-tests": ["lib/planted/tested.ts", "@/tests/support/empty"],
};

/** What the planted files import must exist, so that it resolves. */
const targets = [
  "components/upload/panel.tsx",
  "lib/errors.ts",
  "lib/env.ts",
  "lib/db.ts",
  "lib/derive/derive.ts",
  "lib/embedded/postgres.ts",
  "lib/jobs/queue.ts",
  "lib/media/schema.ts",
  "lib/storage/client.ts",
  "tests/support/empty.ts",
];

type Violation = { from: string; rule: { name: string } };
let base: string;
let violations: Violation[];

beforeAll(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), "atoll-boundaries-"));
  const put = async (file: string, text: string) => {
    await mkdir(path.dirname(path.join(base, file)), { recursive: true });
    await writeFile(path.join(base, file), text);
  };
  await symlink(path.join(root, "node_modules"), path.join(base, "node_modules"), "junction");
  await put("tsconfig.json", JSON.stringify({ compilerOptions: { paths: { "@/*": ["./*"] } } }));
  for (const file of targets) await put(file, "export const target = 1;\n");
  for (const [file, imports] of Object.values(planted))
    await put(file, `import "${imports}";\nexport const planted = 1;\n`);
  await put("lib/bulk/ring-b.ts", 'import "@/lib/bulk/ring-a";\n');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(root, "tests/support/boundaries.mjs"), base, "--output-type", "json"],
    { maxBuffer: 64 * 1024 * 1024 },
  ).catch((failed: { stdout: string }) => failed);
  violations = JSON.parse(stdout).summary.violations;
});

afterAll(() => rm(base, { recursive: true, force: true }));

describe("the import table", () => {
  it("has a planted violation for every rule", () => {
    expect(Object.keys(planted).sort()).toEqual(config.forbidden.map(({ name }) => name).sort());
  });

  it.each(Object.entries(planted))("%s fires on its planted violation", (rule, [file]) => {
    const fired = violations.filter(({ from }) => from === file).map((violation) => violation.rule.name);
    expect(fired).toContain(rule);
  });

  it("does not fire on the files that only were imported", () => {
    const innocent = violations.filter(({ from }) => targets.includes(from));
    expect(innocent).toEqual([]);
  });
});
