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
  "no-folder-circular": ["lib/bulk/walk/planted.ts", "@/lib/bulk/merge/planted"],
  ungoverned: ["lib/cli/uses-stray.ts", "@/lib/stray"],
  "ungoverned-imports": ["lib/newcomer/planted.ts", "@/lib/errors"],
  app: ["app/planted/page.tsx", "@/lib/storage/client"],
  middleware: ["middleware.ts", "@/lib/env"],
  "components-ui": ["components/ui/planted.tsx", "@/lib/media/schema"],
  "components-noun": ["components/media/planted.tsx", "@/components/upload/panel"],
  "pure-files": ["lib/media/policy.ts", "@/lib/errors"],
  "pure-files-packages": ["lib/quota/policy.ts", "node:fs"],
  actions: ["lib/media/actions.ts", "@/lib/storage/client"],
  "noun-budget": ["lib/budget/planted.ts", "@/lib/media/queries"],
  "noun-collection": ["lib/collection/planted.ts", "@/lib/media/queries"],
  "noun-event": ["lib/event/planted.ts", "@/lib/collection/queries"],
  "noun-health": ["lib/health/planted.ts", "@/lib/media/rows"],
  "noun-idempotency": ["lib/idempotency/planted.ts", "@/lib/upload/queries"],
  "noun-invitation": ["lib/invitation/planted.ts", "@/lib/collection/queries"],
  "noun-media": ["lib/media/planted.ts", "@/lib/upload/queries"],
  "noun-member": ["lib/member/planted.ts", "@/lib/media/queries"],
  "noun-owner": ["lib/owner/planted.ts", "@/lib/upload/queries"],
  "noun-quota": ["lib/quota/planted.ts", "@/lib/upload/queries"],
  "noun-revision": ["lib/revision/planted.ts", "@/lib/collection/queries"],
  "noun-session": ["lib/session/planted.ts", "@/lib/collection/queries"],
  "noun-token": ["lib/token/planted.ts", "@/lib/media/queries"],
  "noun-upload": ["lib/upload/file/planted.ts", "@/lib/derive/derive"],
  "noun-user": ["lib/user/planted.ts", "@/lib/upload/queries"],
  rows: ["lib/media/rows.ts", "@/lib/storage/client"],
  "rows-only-from-nouns": ["lib/derive/reads-rows.ts", "@/lib/media/rows"],
  "database-only-in-nouns": ["lib/derive/reads-database.ts", "@/lib/db"],
  api: ["lib/api/planted.ts", "@/lib/collection/queries"],
  "api-calls": ["lib/api/calls/planted.ts", "@/lib/http"],
  "loose-action": ["lib/action.ts", "@/lib/env"],
  "loose-db": ["lib/db.ts", "@/lib/errors"],
  "loose-env": ["lib/env.ts", "@/lib/errors"],
  "loose-errors": ["lib/errors.ts", "@/lib/routes"],
  "loose-http": ["lib/http.ts", "@/lib/routes"],
  "loose-locks": ["lib/locks.ts", "@/lib/media/queries"],
  "loose-routes": ["lib/routes.ts", "@/lib/media/schema"],
  uploader: ["lib/uploader/planted.ts", "@/lib/env"],
  "uploader-state": ["lib/uploader/state/planted.ts", "@/lib/uploader/steps/reducer"],
  "uploader-steps": ["lib/uploader/steps/planted.ts", "@/lib/uploader/transport/put"],
  "uploader-effects": ["lib/uploader/hash/planted.ts", "@/lib/uploader/transport/put"],
  sealed: ["lib/sealed/planted.ts", "@/lib/media/schema"],
  storage: ["lib/storage/planted.ts", "@/lib/media/schema"],
  "aws-sdk-only-in-storage": ["lib/media/sdk.ts", "@aws-sdk/client-s3"],
  "permits-only-from-owner": ["lib/media/permit.ts", "@/lib/storage/permit/mint"],
  derive: ["lib/derive/planted.ts", "@/lib/jobs/worker"],
  jobs: ["lib/jobs/planted.ts", "@/lib/storage/client"],
  "jobs-queue": ["lib/jobs/queue/planted.ts", "@/lib/upload/queries"],
  mail: ["lib/mail/planted.ts", "@/lib/errors"],
  infra: ["lib/infra/planted.ts", "@/lib/env"],
  bulk: ["lib/bulk/planted.ts", "@/lib/media/queries"],
  checksum: ["lib/checksum/planted.ts", "@/lib/errors"],
  text: ["lib/text/planted.ts", "@/lib/errors"],
  path: ["lib/path/planted.ts", "@/lib/errors"],
  policy: ["lib/policy/planted.ts", "@/lib/errors"],
  postgres: ["lib/postgres/planted.ts", "@/lib/errors"],
  client: ["lib/client/planted.ts", "@/lib/errors"],
  embedded: ["lib/embedded/planted.ts", "@/lib/errors"],
  "embedded-only-from-cli": ["lib/derive/embedded.ts", "@/lib/embedded/postgres"],
  cli: ["lib/cli/planted.ts", "@/app/planted/page"],
  auth: ["lib/auth/planted.ts", "@/lib/storage/client"],
  prisma: ["prisma/planted.ts", "@/lib/storage/client"],
  "no-tests": ["lib/media/tested.ts", "@/tests/support/empty"],
};

/** What the planted files import must exist, so that it resolves. */
const targets = [
  "components/upload/panel.tsx",
  "lib/collection/queries.ts",
  "lib/derive/derive.ts",
  "lib/embedded/postgres.ts",
  "lib/jobs/worker.ts",
  "lib/media/queries.ts",

  "lib/media/schema.ts",
  "lib/storage/client.ts",
  "lib/storage/permit/mint.ts",
  "lib/upload/queries.ts",
  "lib/uploader/steps/reducer.ts",
  "lib/uploader/transport/put.ts",
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
  await put(
    "lib/bulk/ring-b.ts",
    'import type { planted } from "@/lib/bulk/ring-a";\nexport type Planted = typeof planted;\n',
  );
  await put("lib/bulk/merge/planted.ts", 'import "@/lib/bulk/walk/other";\n');
  await put("lib/bulk/walk/other.ts", "export const other = 1;\n");
  await put("lib/stray.ts", "export const stray = 1;\n");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(root, "tests/support/gate/boundaries.mjs"), base, "--output-type", "json"],
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
    // A folder's violation names the folder.
    const names = [file, path.dirname(file)];
    const fired = violations.filter(({ from }) => names.includes(from)).map((violation) => violation.rule.name);
    expect(fired).toContain(rule);
  });

  it("does not fire on the files that only were imported", () => {
    const innocent = violations.filter(({ from }) => targets.includes(from));
    expect(innocent).toEqual([]);
  });
});
