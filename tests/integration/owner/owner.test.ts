import { pino } from "pino";
import { afterAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { mintSystemViewer } from "@/lib/auth/viewer";
import { ownerKey } from "@/lib/storage/keys";
import { type TestBucket, testBucket } from "@/tests/support/services/services";
import { endpoint } from "../storage/endpoint";
import { newDatabase, type Site, siteOf } from "./sites";

const system = mintSystemViewer("cli");

/** Makes the last mark old, so that the next one is due. */
async function age({ db }: Site): Promise<void> {
  await db().bucketOwner.updateMany({ data: { markedAt: new Date(0) } });
}

/** A bucket of each test's own, and its operator's client. */
let bucket: string;
let client: TestBucket["client"];
beforeEach(async () => {
  process.env.NEXTAUTH_SECRET = "0123456789abcdef0123456789abcdef";
  process.env.ATOLL_URL = "http://localhost:3000";
  ({ bucket, client } = await testBucket());
});

const rowOf = ({ db }: Site) => db().bucketOwner.findFirstOrThrow();
const standingOf = async ({ readOwner }: Site) => (await readOwner()).standing;

describe("a bucket without an owner", () => {
  it("is claimed by the first database that looks, and no second one", async () => {
    const [first, second] = [await newDatabase(), await newDatabase()];
    const one = await siteOf(first);
    expect(await standingOf(one)).toBe("unclaimed");
    expect(await one.bucketStanding(system)).toBe("owner");
    const two = await siteOf(second);
    expect(await two.bucketStanding(system)).toBe("other");
    await expect(two.bucketPermit(system)).rejects.toMatchObject({ code: "READ_ONLY" });
    expect(await standingOf(await siteOf(first))).toBe("owner");
  });

  it("is claimed by one of two databases that look at the same moment", async () => {
    const [first, second] = [await newDatabase(), await newDatabase()];
    const { standing, row, place, file } = await (await siteOf(first)).readOwner();
    expect({ standing, file }).toEqual({ standing: "unclaimed", file: null });
    // The second claims between the first's look and its write.
    const two = await siteOf(second);
    expect(await two.bucketStanding(system)).toBe("owner");
    const { installation_id: installation, generation, next_mark: mark } = row;
    const claim = { installation, generation, mark, place, site: "http://first", writtenAt: new Date().toISOString() };
    // Ceph 16 evaluates no condition in a versioned bucket: the last one wins there.
    expect(await two.writeOwnerFile(JSON.stringify(claim), file)).toBe(endpoint.ceph);
    expect(await standingOf(two)).toBe(endpoint.ceph ? "other" : "owner");
    expect(await standingOf(await siteOf(first))).toBe(endpoint.ceph ? "owner" : "other");
  });

  it("keeps a file that was changed since it was read", async () => {
    const site = await siteOf(await newDatabase());
    await site.bucketPermit(system);
    const before = await site.readOwnerFile();
    expect(await site.writeOwnerFile("second", before)).toBe(true);
    expect(await site.writeOwnerFile("third", before)).toBe(false);
    expect((await site.readOwnerFile())?.text).toBe("second");
  });

  it("is not claimed by a database whose files it does not have, nor by an empty one when it has files", async () => {
    const url = await newDatabase();
    const site = await siteOf(url);
    await site.bucketPermit(system);
    const { PutObjectCommand } = await import("@aws-sdk/client-s3");
    const Key = "media/4f1e0c0a-0000-4000-8000-000000000001/4f1e0c0a-0000-4000-8000-000000000002/a.jpg";
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "of another database" }));
    const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: ownerKey }));
    // The one that has owned it does not take it again by itself either.
    expect(await (await siteOf(url)).bucketStanding(system)).toBe("lost");
    expect(await (await siteOf(await newDatabase())).bucketStanding(system)).toBe("unknownFiles");
  });

  it("keeps its owner when the owner file is no file of Atoll's", async () => {
    const url = await newDatabase();
    const site = await siteOf(url);
    await site.bucketPermit(system);
    for (const text of ["", "not JSON", "{}", '{"installation":"x"}']) {
      await site.writeOwnerFile(text, await site.readOwnerFile());
      expect(await standingOf(site), text).toBe("unreadable");
    }
  });
});

describe("the marks", () => {
  it("tell a database that was set back from one that lags", async () => {
    const site = await siteOf(await newDatabase());
    await site.bucketPermit(system);
    const rows = [await rowOf(site)];
    for (let round = 0; round < 3; round += 1) {
      await age(site);
      expect(await site.renewMark(system)).toBe("owner");
      rows.push(await rowOf(site));
    }
    const standings: string[] = [];
    for (const { previousMark, mark, nextMark } of rows) {
      await site.db().bucketOwner.updateMany({ data: { previousMark, mark, nextMark } });
      standings.push(await standingOf(site));
    }
    // The replica's row, one mark older than the primary's, knows what the bucket shows. Older ones do not.
    expect(standings).toEqual(["behind", "behind", "owner", "owner"]);
  });

  it("change once a minute at most, by any number of workers, and leave one version", async () => {
    const site = await siteOf(await newDatabase());
    await site.bucketPermit(system);
    const first = await rowOf(site);
    await Promise.all([site.renewMark(system), site.renewMark(system)]);
    expect(await rowOf(site)).toEqual(first);
    await age(site);
    await Promise.all([site.renewMark(system), site.renewMark(system), site.renewMark(system)]);
    const second = await rowOf(site);
    expect([second.previousMark, second.mark]).toEqual([first.mark, first.nextMark]);
    const versions: string[] = [];
    for await (const page of site.listObjectVersions(ownerKey))
      versions.push(...page.map(({ versionId }) => versionId));
    expect(versions).toHaveLength(1);
    expect(await standingOf(site)).toBe("owner");
  });

  it("survive a process that ends between bucket and database", async () => {
    const site = await siteOf(await newDatabase());
    await site.bucketPermit(system);
    const before = await rowOf(site);
    await age(site);
    await site.renewMark(system);
    // As if the database had not heard of it.
    const { previousMark, mark, nextMark } = before;
    await site.db().bucketOwner.updateMany({ data: { previousMark, mark, nextMark, markedAt: new Date(0) } });
    expect(await site.renewMark(system)).toBe("owner");
    expect(await rowOf(site)).toMatchObject({ previousMark: mark, mark: nextMark });
  });
});

describe("a permit", () => {
  it("looks again after seconds, so that one that is held does not outlive a take-over", async () => {
    const [first, second] = [await newDatabase(), await newDatabase()];
    const one = await siteOf(first);
    const permit = await one.bucketPermit(system);
    const now = vi.spyOn(performance, "now");
    const at = performance.now();
    now.mockReturnValue(at);
    const { readOwnerFile, writeOwnerFile } = one;
    const content = JSON.parse((await readOwnerFile())?.text ?? "") as object;
    await writeOwnerFile(JSON.stringify({ ...content, generation: 2 }), await readOwnerFile());
    await expect(permit.require()).resolves.toBeUndefined();
    now.mockReturnValue(at + 5_001);
    await expect(permit.require()).rejects.toMatchObject({ code: "READ_ONLY" });
    now.mockRestore();
    expect(second).not.toBe(first);
  });

  it("is for one bucket", async () => {
    const site = await siteOf(await newDatabase());
    const permit = await site.bucketPermit(system);
    const { createStorage } = site;
    const { s3 } = inject("services");
    const other = createStorage({ ...s3, bucket: "another", forcePathStyle: true, credentials: s3 });
    const { deleteVersions } = await import("@/lib/storage/objects/deletion");
    await expect(deleteVersions(permit, [{ key: "a", versionId: "b" }], other)).rejects.toThrow(TypeError);
    other.close();
  });
});

describe("infra check", () => {
  const printed = vi.spyOn(console, "log");
  beforeEach(() => printed.mockReset().mockReturnValue());
  afterAll(() => printed.mockRestore());

  async function check(isJson: boolean): Promise<{ code: number; text: string }> {
    const [{ checkBucket }, { parseEnv }] = await Promise.all([import("@/lib/cli/infra/check"), import("@/lib/env")]);
    const code = await checkBucket(parseEnv(process.env), isJson, inject("services").s3);
    return { code, text: String(printed.mock.lastCall?.[0]) };
  }

  it("fails on drift and on dangers, and neither changes nor claims the bucket", async () => {
    const site = await siteOf(await newDatabase());
    for (const _ of [1, 2]) expect(await check(true)).toMatchObject({ code: 1 });
    expect(await standingOf(site)).toBe("unclaimed");

    const [{ applyBucket }, { bucketSettings }, { parseEnv }, { logDangers }] = await Promise.all([
      import("@/lib/infra/apply"),
      import("@/lib/cli/bucket-plan"),
      import("@/lib/env"),
      import("@/lib/cli/log-dangers"),
    ]);
    const env = parseEnv(process.env);
    const { s3 } = inject("services");
    const operated = site.createStorage({ ...site.storageConfig(), credentials: s3 });
    await applyBucket(await site.bucketPermit(system), operated, await bucketSettings(env));
    operated.close();
    const right = await check(true);
    expect(right.code, right.text).toBe(0);
    const { checks } = JSON.parse(right.text) as { checks: { aspect: string; result: string }[] };
    expect(checks).toHaveLength(8);
    expect(checks.filter(({ result }) => result === "pass").length).toBe(endpoint.ceph ? 7 : 8);

    const { GetBucketLifecycleConfigurationCommand, PutBucketLifecycleConfigurationCommand } = await import(
      "@aws-sdk/client-s3"
    );
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    const tidy = { ID: "tidy-up", Status: "Enabled" as const, Filter: { Prefix: "media/" }, Expiration: { Days: 30 } };
    const LifecycleConfiguration = { Rules: [...Rules, tidy] };
    await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }));
    const endangered = await check(false);
    expect(endangered.code).toBe(1);
    expect(endangered.text).toMatch(/^fail {4}lifecycle rules\n +DANGER: .*"tidy-up" of "media\/" .*30 days/m);
    // A worker that is started alone says it, too.
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(line) });
    await logDangers(env, logger, s3);
    expect(lines).toEqual([expect.stringMatching(/"level":40.*DANGER: .*tidy-up/)]);
    // The site's own key may not read the settings.
    if (!s3.site) return;
    await logDangers(env, logger);
    expect(lines).toEqual([lines[0], expect.stringMatching(/"level":40.*lifecycle rules.*could not be read/)]);
  });
});

describe("a take-over", () => {
  it("is previewed, raises the generation, stops the former owner, and is recorded", async () => {
    const [first, second] = [await newDatabase(), await newDatabase()];
    const one = await siteOf(first);
    await one.bucketPermit(system);
    const { installationId } = await rowOf(one);
    const two = await siteOf(second);
    const plan = { before: "other", owner: { installation: installationId, generation: 1 }, generation: 2 };
    expect(await two.takeOver(system, { isDryRun: true })).toMatchObject({ ...plan, isDone: false });
    expect(await standingOf(two)).toBe("other");
    expect(await two.takeOver(system, { isDryRun: false })).toMatchObject({ ...plan, isDone: true });
    expect(await two.bucketStanding(system)).toBe("owner");
    expect(await two.takeOver(system, { isDryRun: false })).toMatchObject({ before: "owner", generation: 2 });
    expect(await two.db().event.count({ where: { action: "bucket.takenOver" } })).toBe(1);
    const again = await siteOf(first);
    expect(await again.bucketStanding(system)).toBe("other");
    expect(await again.takeOver(system, { isDryRun: false })).toMatchObject({ generation: 3, isDone: true });
    expect(await (await siteOf(second)).bucketStanding(system)).toBe("other");
  });

  it("tells a former generation of the same installation", async () => {
    const url = await newDatabase();
    const site = await siteOf(url);
    await site.bucketPermit(system);
    await site.db().bucketOwner.updateMany({ data: { generation: 2 } });
    expect(await standingOf(site)).toBe("superseded");
    expect(await site.takeOver(system, { isDryRun: false })).toMatchObject({ generation: 3, isDone: true });
  });

  it("is refused in a drill", async () => {
    const site = await siteOf(await newDatabase(), { ATOLL_DRILL: "1" });
    await expect(site.takeOver(system, { isDryRun: false })).rejects.toMatchObject({ code: "CONFLICT" });
  });
});
