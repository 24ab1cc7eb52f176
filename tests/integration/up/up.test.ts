import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import * as sdk from "@aws-sdk/client-s3";
import pg from "pg";
import { afterAll, expect, inject, test } from "vitest";
import { databaseUrl, onServer, randomName } from "@/tests/support/template";
import { until } from "@/tests/support/until";
import { alive, dataDir, type Family, family, runCli, startUp, type Up } from "@/tests/support/up/run-up";

// One data dir and, where a test does not end it, one `up` for all: each start takes four processes and a second or two.
const shared = dataDir();
const dir = shared.path;
let current: Up | null = null;
afterAll(async () => {
  current?.child.kill("SIGTERM");
  await current?.ended;
  shared.remove();
});

/** Returns the `up` that runs, or starts one. */
async function live(): Promise<Up> {
  current ??= await startUp(dir);
  return current;
}

/** Returns the `up` that runs, or starts one, for a test that ends it: the next one starts anew. */
async function toBeEnded(): Promise<Up> {
  const up = await live();
  current = null;
  return up;
}

/** A worker whose database went first gives up after 12 s; the database itself waits for it. */
async function expectGone(processes: Family): Promise<void> {
  await until(() => expect(alive(processes)).toEqual([]));
}

const running = () =>
  (JSON.parse(readFileSync(path.join(dir, "running.json"), "utf8")) as { env: Record<string, string> }).env;

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: running().DATABASE_URL });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const insertUser = (email: string) => query(`INSERT INTO "user" (email) VALUES ('${email}')`);
const findUser = (email: string) => query(`SELECT email FROM "user" WHERE email = '${email}'`);

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s stops everything it started, and the next start has all data",
  async (signal) => {
    const email = `${signal.toLowerCase()}@example.org`;
    const up = await toBeEnded();
    const before = running();
    expect(before).toMatchObject({ ATOLL_SIGN_UP: "open", ATOLL_DEFAULT_QUOTA: "none" });
    await insertUser(email);
    const processes = family(up.child.pid ?? 0);
    const names = processes.map(({ command }) => command).join("\n");
    for (const part of ["main.ts s3", "main.ts worker", "stand-in-site.ts", "postgres -D"])
      expect(names).toContain(part);
    up.child.kill(signal);
    expect(await up.ended, up.output()).toBe(0);
    expect(alive(processes)).toEqual([]);
    expect(existsSync(path.join(dir, "running.json"))).toBe(false);

    await live();
    expect(await findUser(email)).toEqual([{ email }]);
    // The store's address and the secrets are the same: signed URLs and sessions live on.
    expect(running()).toMatchObject({ ...before, ATOLL_URL: expect.any(String) });
  },
);

test("kill -9 ends its parts, too, and the next start goes on", async () => {
  const email = "killed@example.org";
  const up = await toBeEnded();
  await insertUser(email);
  const processes = family(up.child.pid ?? 0);
  const supervisor = processes.find(
    ({ command }) => command.includes("up-without-site.ts") && command.includes("--import"),
  );
  process.kill(supervisor?.pid ?? 0, "SIGKILL");
  await expectGone(processes);
  await live();
  expect(await findUser(email)).toEqual([{ email }]);
});

test("kill -9 of the launcher ends the rest", async () => {
  const up = await toBeEnded();
  const processes = family(up.child.pid ?? 0);
  up.child.kill("SIGKILL");
  await expectGone(processes);
});

test("a worker, a store or a site that dies comes back", async () => {
  const up = await live();
  const find = (part: string) => family(up.child.pid ?? 0).find(({ command }) => command.includes(part))?.pid;
  for (const part of ["main.ts worker", "main.ts s3", "stand-in-site.ts"]) {
    const before = find(part);
    expect(before).toBeDefined();
    process.kill(before ?? 0, "SIGKILL");
    await until(() => expect(find(part) ?? before).not.toBe(before));
  }
  expect(up.output()).toMatch(/^The worker ended \(SIGKILL\) and restarts in 0\.5 s: /m);
  await until(async () => expect((await fetch(`http://127.0.0.1:${up.port}/`)).ok).toBe(true));
  await until(async () => expect((await fetch(running().S3_ENDPOINT ?? "")).status).toBe(403));
});

test("a second start on the same data dir, or on a taken port, is one clear line", async () => {
  const up = await live();
  const second = runCli(["up"], { ATOLL_DATA_DIR: dir, PORT: String(up.port + 1) });
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(/^Atoll is already running on \S+ \(process \d+\): [^\n]+\n$/);
  const third = runCli(["up"], { ATOLL_DATA_DIR: path.join(dir, "other"), PORT: String(up.port) });
  expect(await third.ended).toBe(1);
  expect(third.output()).toMatch(new RegExp(`^PORT ${up.port} is in use by another program: [^\\n]+\\n$`));
});

test("secrets are for the owner alone, and other commands find the running services", async () => {
  await live();
  expect(running()).toMatchObject({ S3_BUCKET: "atoll-media", S3_REGION: "us-east-1", AWS_PROFILE: "" });
  const secrets = [
    "nextauth-secret",
    "s3-root-key",
    "s3-site-key",
    "s3-policies.json",
    "running.json",
    "postgres/password",
  ];
  for (const name of secrets) {
    expect(statSync(path.join(dir, name)).mode & 0o777, name).toBe(0o600);
  }
  const create = runCli(["user", "create", "Someone@Example.org", "--json"], { ATOLL_DATA_DIR: dir });
  expect(await create.ended, create.output()).toBe(0);
  expect(JSON.parse(create.output())).toMatchObject({ email: "someone@example.org", isAdmin: false });
  const again = runCli(["user", "create", "someone@example.org"], { ATOLL_DATA_DIR: dir });
  expect(await again.ended).toBe(1);
  expect(again.output()).toMatch(/^An account with this e-mail address already exists\./);
});

test("site and worker have a key with the site's permissions, and the store's root key is the store's and the operator's", async () => {
  const up = await live();
  const key = (name: string) =>
    JSON.parse(readFileSync(path.join(dir, name), "utf8")) as { accessKeyId: string; secretAccessKey: string };
  const [root, site] = [key("s3-root-key"), key("s3-site-key")];
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = running();
  expect({ accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }).toEqual(site);
  const processes = family(up.child.pid ?? 0).filter(({ command }) =>
    /main\.ts worker|stand-in-site\.ts/.test(command),
  );
  expect(processes.length).toBeGreaterThan(1);
  for (const { pid, command } of processes)
    expect(readFileSync(`/proc/${pid}/environ`, "utf8").includes(root.secretAccessKey), command).toBe(false);

  const bucket = { Bucket: "atoll-media" };
  const client = (credentials: typeof site) =>
    new sdk.S3Client({ endpoint: running().S3_ENDPOINT ?? "", region: "us-east-1", forcePathStyle: true, credentials });
  const [asRoot, asSite] = [client(root), client(site)];
  const outcome = (call: Promise<unknown>) => call.then(() => "done").catch((error: Error) => error.name);
  expect(await outcome(asSite.send(new sdk.ListObjectsV2Command(bucket)))).toBe("done");
  expect(await outcome(asSite.send(new sdk.PutObjectCommand({ ...bucket, Key: "media/x", Body: "x" })))).toBe("done");
  expect(await outcome(asSite.send(new sdk.PutObjectCommand({ ...bucket, Key: "x", Body: "x" })))).toBe("AccessDenied");
  expect(await outcome(asSite.send(new sdk.GetBucketPolicyCommand(bucket)))).toBe("AccessDenied");
  expect(await outcome(asSite.send(new sdk.ListBucketsCommand({})))).toBe("AccessDenied");
  expect(await outcome(asRoot.send(new sdk.GetBucketPolicyCommand(bucket)))).toBe("done");
  for (const one of [asRoot, asSite]) one.destroy();
});

test("a data folder from before the site had a key of its own goes on working", async () => {
  const up = await toBeEnded();
  const root = readFileSync(path.join(dir, "s3-root-key"), "utf8");
  up.child.kill("SIGTERM");
  await up.ended;
  for (const name of ["s3-site-key", "s3-policies.json"]) rmSync(path.join(dir, name));
  await live();
  expect(readFileSync(path.join(dir, "s3-root-key"), "utf8")).toBe(root);
  const { accessKeyId } = JSON.parse(readFileSync(path.join(dir, "s3-site-key"), "utf8")) as { accessKeyId: string };
  expect(running().AWS_ACCESS_KEY_ID).toBe(accessKeyId);
});

test("an unreachable database is one line that names the variable", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const env = {
    NEXTAUTH_SECRET: "x".repeat(32),
    ATOLL_EMBEDDED: "storage",
    DATABASE_URL: `postgresql://nobody:secret@127.0.0.1:${port}/none`,
  };
  const up = runCli(["--run", "tests/support/up/up-without-site.ts"], {
    ...env,
    ATOLL_DATA_DIR: path.join(dir, "other"),
    PORT: "0",
  });
  expect(await up.ended).toBe(1);
  expect(up.output()).toMatch(
    new RegExp(`^DATABASE_URL: 127\\.0\\.0\\.1:${port}/none cannot be reached \\([^\\n]+\\)\\n$`),
  );
  expect(up.output()).not.toContain("secret");
});

test.each([
  [{ PORT: "http" }, "PORT must be a port number from 0 to 65535"],
  [{ S3_BUCKET: "Bad_Name" }, "S3_BUCKET must be a bucket name (3 to 63 of a-z 0-9 . -)"],
  [
    { DATABASE_URL: "postgresql://localhost/atoll", S3_ENDPOINT: "http://127.0.0.1:9" },
    expect.stringMatching(/^NEXTAUTH_SECRET is missing: /),
  ],
  [
    { DATABASE_URL: "postgresql://localhost/atoll" },
    expect.stringMatching(/^S3_ENDPOINT is missing beside DATABASE_URL: /),
  ],
  [
    { DATABSE_URL: "postgresql://localhost/atoll" },
    expect.stringMatching(/^DATABSE_URL is not a setting of Atoll: did you mean/),
  ],
  [
    { S3_ENDPOINT: "http://127.0.0.1:9", AWS_ACCESS_KEY_ID: "x" },
    "AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID",
  ],
])("a malformed environment stops the start with one line: %o", async (env, line) => {
  const up = runCli(["up"], { ATOLL_DATA_DIR: path.join(dir, "other"), ...env });
  expect(await up.ended).toBe(2);
  const lines = up.output().split("\n");
  expect(lines).toEqual([line, ""]);
});

/** An empty database and an empty bucket of the test's own, both "real" to `up`. */
async function realServices() {
  const { adminUrl, s3 } = inject("services");
  const name = randomName("atoll_up");
  await onServer(adminUrl, `CREATE DATABASE ${name}`);
  const env = {
    DATABASE_URL: databaseUrl(adminUrl, name),
    NEXTAUTH_SECRET: "x".repeat(32),
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: name.replaceAll("_", "-"),
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  };
  return { env, remove: () => onServer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

test("two first starts at once on the same database and bucket both come up, and set them up once", async () => {
  const { env, remove } = await realServices();
  const ups = await Promise.all(["a", "b"].map((name) => startUp(path.join(dir, "twins", name), env)));
  const outputs = ups.map((up) => up.output());
  for (const line of [/^Migrating the database …$/m, /^Created the bucket atoll-up-\w+ and set it up\.$/m])
    expect(
      outputs.filter((output) => line.test(output)),
      outputs.join("\n"),
    ).toHaveLength(1);
  for (const up of ups) up.child.kill("SIGTERM");
  expect(await Promise.all(ups.map((up) => up.ended)), outputs.join("\n")).toEqual([0, 0]);

  // A second start with another bucket's name: the database has an upload, so no bucket is created for it.
  const client = new pg.Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  await client.query(`WITH c AS (INSERT INTO collection (slug, name, updated_at) VALUES ('reef', 'Reef', now()) RETURNING id)
    INSERT INTO upload (collection_id, expires_at) SELECT id, now() FROM c`);
  await client.end();
  const mistyped = runCli(["--run", "tests/support/up/up-without-site.ts"], {
    ...env,
    S3_BUCKET: "atoll-mistyped",
    ATOLL_DATA_DIR: path.join(dir, "twins/a"),
    PORT: "0",
  });
  expect(await mistyped.ended).toBe(1);
  expect(mistyped.output()).toMatch(/^S3_BUCKET: there is no bucket atoll-mistyped, [^\n]+\n$/);

  // A drill, as another site: it comes up and leaves the bucket's settings, which are for the live site's pages.
  const drillUrl = "https://drill.example.org";
  const drill = await startUp(path.join(dir, "twins/b"), { ...env, ATOLL_DRILL: "1", ATOLL_URL: drillUrl });
  expect(drill.output()).toMatch(/^READ-ONLY: This site runs as a drill \(ATOLL_DRILL=1\)\. /m);
  expect(drill.output()).toMatch(
    /^The bucket's CORS rules differ from what this site needs and were left as they are\.$/m,
  );
  expect(drill.output()).not.toMatch(/^Changed /m);
  drill.child.kill("SIGTERM");
  expect(await drill.ended, drill.output()).toBe(0);
  await remove();
});
