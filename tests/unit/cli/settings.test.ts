import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { misspelledSettings, tellMisspelled } from "@/lib/cli/settings/misspelled";
import { demoLine, mayHaveDemo } from "@/lib/cli/start/demo";
import { insecureSiteWarning } from "@/lib/cli/start/environment";
import { chooseParts } from "@/lib/cli/start/parts";
import { EnvError, parseStartEnv, requireStorageNamed, settingNames } from "@/lib/env";

type Environment = Record<string, string>;
const partsOf = (environment: Environment) => chooseParts(parseStartEnv(environment), environment);

const DATABASE_URL = "postgresql://db.example.org/atoll";
const S3_ENDPOINT = "https://s3.example.org";

describe("embedded and real services are never mixed by an omission", () => {
  test.each<[Environment, string]>([
    [{}, "embedded embedded"],
    [{ DATABASE_URL, S3_ENDPOINT, S3_BUCKET: "media" }, "given given"],
    [{ ATOLL_EMBEDDED: "all", S3_BUCKET: "media" }, "embedded embedded"],
    [{ ATOLL_EMBEDDED: "database", S3_ENDPOINT }, "embedded given"],
    [{ ATOLL_EMBEDDED: "storage", DATABASE_URL }, "given embedded"],
    [{ ATOLL_EMBEDDED: "none", DATABASE_URL, S3_ENDPOINT }, "given given"],
    // AWS by its region alone.
    [{ ATOLL_EMBEDDED: "none", DATABASE_URL, S3_BUCKET: "media" }, "given given"],
  ])("%o", (environment, expected) => {
    const { database, storage } = partsOf(environment);
    expect(`${database} ${storage}`).toBe(expected);
  });

  test.each<[Environment, RegExp]>([
    [{ DATABASE_URL }, /^S3_ENDPOINT is missing beside DATABASE_URL: /],
    [{ DATABASE_URL, S3_BUCKET: "media" }, /^S3_ENDPOINT is missing beside DATABASE_URL: /],
    [{ S3_ENDPOINT }, /^DATABASE_URL is missing beside S3_ENDPOINT: /],
    [{ S3_BUCKET: "media" }, /^S3_BUCKET is set, but neither /],
    [{ S3_ROLE_ARN: "arn:aws:iam::1:role/x" }, /^S3_ROLE_ARN is set, but neither /],
    [{ ATOLL_EMBEDDED: "all", DATABASE_URL }, /^ATOLL_EMBEDDED=all starts an embedded database, but DATABASE_URL /],
    [{ ATOLL_EMBEDDED: "database", DATABASE_URL, S3_ENDPOINT }, /^ATOLL_EMBEDDED=database .* DATABASE_URL /],
    [{ ATOLL_EMBEDDED: "storage", DATABASE_URL, S3_ENDPOINT }, /^ATOLL_EMBEDDED=storage .* S3_ENDPOINT /],
    [{ ATOLL_EMBEDDED: "none", S3_ENDPOINT }, /^DATABASE_URL is missing: /],
    [{ ATOLL_EMBEDDED: "both" }, /^ATOLL_EMBEDDED must be all, database, storage or none$/],
  ])("%o stops with one line", (environment, line) => {
    expect(() => partsOf(environment)).toThrow(EnvError);
    expect(() => partsOf(environment)).toThrow(line);
    expect(() => partsOf(environment)).toThrow(/^[^\n]+$/);
  });

  test("site and worker do not take AWS for a storage that is not named", () => {
    expect(() => requireStorageNamed(parseStartEnv({ S3_BUCKET: "media" }))).toThrow(/^S3_ENDPOINT is missing: /);
    expect(() => requireStorageNamed(parseStartEnv({ ATOLL_EMBEDDED: "none" }))).not.toThrow();
    expect(() => requireStorageNamed(parseStartEnv({ S3_ENDPOINT }))).not.toThrow();
  });
});

describe("a name near a setting's", () => {
  test.each([
    ["DATABSE_URL", "DATABASE_URL"],
    ["DATABASE_URI", "DATABASE_URL"],
    ["S3_BUKET", "S3_BUCKET"],
    ["S3_ENDPIONT", "S3_ENDPOINT"],
    ["ATOLL_DATA_DRI", "ATOLL_DATA_DIR"],
    ["ATOLL_DRIL", "ATOLL_DRILL"],
    ["ATOLL_DATABASE_URL", "DATABASE_URL"],
    ["S3_BUCKET_NAME", "S3_BUCKET"],
  ])("%s stops the start where %s is missing, and is told where it is set", (name, likely) => {
    const told: string[] = [];
    const say = (line: string) => told.push(line);
    expect(() => tellMisspelled({ [name]: "x" }, say)).toThrow(
      new RegExp(`^${name} is not .* mean ${likely}\\?[^\\n]*$`),
    );
    expect(told).toEqual([]);
    tellMisspelled({ [name]: "x", [likely]: "y" }, say);
    expect(told).toEqual([`${name} is not a setting of Atoll: did you mean ${likely}? It is ignored.`]);
  });

  test("is told when it chooses nothing, and when no setting is near", () => {
    const told: string[] = [];
    tellMisspelled({ NEXT_AUTH_SECRET: "x", ATOLL_COLOUR: "blue", S3_ACCESS: "x", ATOLL_DRIL: "" }, (line) =>
      told.push(line),
    );
    expect(told).toEqual([
      "NEXT_AUTH_SECRET is not a setting of Atoll: did you mean NEXTAUTH_SECRET? It is ignored.",
      "ATOLL_COLOUR is not a setting of Atoll: see .env.example.",
      "S3_ACCESS is not a setting of Atoll: see .env.example.",
    ]);
  });

  test("is not what other programs set", () => {
    const names = [
      "PATH",
      "HOME",
      "PORTS",
      "GITHUB_TOKEN",
      "GITHUB_JOB",
      "GITHUB_SHA",
      "AWS_REGION",
      "AWS_DEFAULT_REGION",
    ];
    const more = [
      "PGDATABASE",
      "NODE_ENV",
      "ATOLL_TEST_SEED",
      "ATOLL_E2E_PORT",
      "OIDC_TOKEN",
      "GOOGLE_APPLICATION_CREDENTIALS",
    ];
    const environment = Object.fromEntries([...names, ...more, ...settingNames].map((name) => [name, "x"]));
    expect(misspelledSettings(environment)).toEqual([]);
  });
});

test("a site that others reach by http is told to be open to every network, in one line that names the setting", () => {
  const warning = (url: string) => insecureSiteWarning(parseStartEnv({ ATOLL_URL: url }).ATOLL_URL);
  for (const url of ["http://photos.example.org", "http://10.0.0.5:3000", "http://[fd00::1]:3000"])
    expect(warning(url)).toMatch(/^WARNING: [^\n]*set ATOLL_URL=https:[^\n]*$/);
  for (const url of ["https://photos.example.org", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:3000"])
    expect(warning(url)).toBeNull();
});

describe("the demo", () => {
  const hasDemo = (environment: Environment) => mayHaveDemo(parseStartEnv(environment), partsOf(environment));
  const real = { DATABASE_URL, S3_ENDPOINT };

  test.each<[Environment, boolean]>([
    [{}, true],
    [{ ATOLL_DEMO: "0" }, false],
    [{ ATOLL_URL: "http://127.0.0.1:3000" }, true],
    [{ ATOLL_URL: "https://photos.example.org" }, false],
    [{ ATOLL_DRILL: "1" }, false],
    [real, false],
    [{ ATOLL_EMBEDDED: "storage", DATABASE_URL }, false],
  ])("exists only where nothing is real: %o", (environment, expected) => {
    expect(hasDemo(environment)).toBe(expected);
  });

  test.each<Environment>([real, { ATOLL_URL: "https://photos.example.org" }, { ATOLL_DRILL: "1" }])(
    "is refused on a real site: %o",
    (environment) => {
      expect(() => hasDemo({ ...environment, ATOLL_DEMO: "1" })).toThrow(/^ATOLL_DEMO=1 needs /);
    },
  );

  const dir = mkdtempSync(path.join(os.tmpdir(), "atoll-demo-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  test.each([
    [true, "the password secret-word"],
    [false, `the password in ${path.join(dir, "demo-password")}`],
  ])("shows its password once, on a terminal (%s) only", (isTerminal, where) => {
    const dataDir = { path: dir, file: (...names: string[]) => path.join(dir, ...names), release: () => undefined };
    writeFileSync(dataDir.file("demo-state"), "unshown");
    writeFileSync(dataDir.file("demo-password"), "secret-word\n");
    expect(demoLine(dataDir, isTerminal)).toBe(`Sign in as demo@atoll.local with ${where}`);
    expect(demoLine(dataDir, isTerminal)).toBeNull();
  });
});
