import {
  CreateBucketCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { type AspectResult, applyBucket } from "@/lib/infra/apply";
import { planBucket } from "@/lib/infra/plan";
import { mediaBucket } from "@/lib/infra/settings";
import { createStorage, type Storage } from "@/lib/storage/client";
import { putObject } from "@/lib/storage/objects/objects";
import { createPostPolicy } from "@/lib/storage/presigned/post-policy";
import { presignView } from "@/lib/storage/presigned/view";
import { permitFor } from "@/tests/support/fixtures/permit";
import { endpoint } from "../storage/endpoint";

const site = "http://localhost:3000";
const settingsOf = (bucket: string, origins = [site]) => mediaBucket({ bucket, origins, secure: false });

/** Returns a list that grows with the names of the commands sent from now on. */
function commandsOf({ client }: Storage): string[] {
  const sent: string[] = [];
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        sent.push(commandName ?? "");
        return next(args);
      },
    { step: "initialize" },
  );
  return sent;
}

function states(results: { aspect: string; state: string }[]): Record<string, string> {
  return Object.fromEntries(results.map(({ aspect, state }) => [aspect, state]));
}

describe(`the media bucket on ${endpoint.name}`, () => {
  let store: Storage;
  let first: AspectResult[];
  const key = "media/c/u/a.jpg";
  let versionId: string | undefined;

  beforeAll(async () => {
    store = endpoint.storage("infra-media");
    first = await applyBucket(permitFor(store), store, settingsOf(store.bucket));
    const object = { key, body: Buffer.from("first"), contentType: "image/jpeg", cacheControl: "private" };
    versionId = (await putObject(permitFor(store), object, store)).versionId ?? undefined;
  });

  async function viewStatus(headers: Record<string, string>, version = versionId): Promise<number> {
    const object = { key, versionId: version, contentType: "image/jpeg" };
    const url = presignView(await store.signingIdentity(), object, new Date());
    return (await fetch(url, { headers })).status;
  }

  const address = () => `${store.config.endpoint}/${store.bucket}`;
  const preflight = (origin: string, method: string) =>
    fetch(address(), {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type,x-amz-checksum-sha256",
      },
    });

  it("is created", () => {
    // New buckets enforce ownership on AWS and here. Ceph 16 does not support OwnershipControls and refuses every write
    // with BlockPublicAcls.
    const expected = endpoint.ceph
      ? { ownership: "unsupported", publicAccess: "limited", acl: "equal" }
      : { ownership: "equal", publicAccess: "changed", acl: "equal" };
    const changed = { bucket: "changed", versioning: "changed", cors: "changed", policy: "changed" };
    expect(states(first)).toMatchObject({ ...expected, ...changed, lifecycle: "changed" });
  });

  it("is not written by a second start", async () => {
    const sent = commandsOf(store);
    const again = states(await applyBucket(permitFor(store), store, settingsOf(store.bucket)));
    expect(sent.filter((name) => !/^(Get|Head)/.test(name))).toEqual([]);
    expect(sent.length).toBeLessThanOrEqual(12);
    expect(Object.values(again).filter((state) => state !== "equal")).toEqual(endpoint.ceph ? ["unsupported"] : []);
  });

  it("plans what differs without changing it", async () => {
    const VersioningConfiguration = { Status: "Suspended" as const };
    await store.client.send(new PutBucketVersioningCommand({ Bucket: store.bucket, VersioningConfiguration }));
    for (const _ of [1, 2]) {
      const plan = await planBucket(store, settingsOf(store.bucket));
      expect(plan.find(({ aspect }) => aspect === "versioning")).toMatchObject({
        state: "differs",
        current: "Suspended",
        wanted: "Enabled",
      });
      expect(plan.filter(({ state }) => state === "differs")).toHaveLength(1);
    }
    expect(states(await applyBucket(permitFor(store), store, settingsOf(store.bucket))).versioning).toBe("changed");
  });

  it("plans a missing bucket", async () => {
    const plan = await planBucket(store, settingsOf("infra-not-there"));
    expect(new Set(plan.map(({ state }) => state))).toEqual(new Set(["differs"]));
  });

  it("serves the site's pages and typed addresses, not foreign pages, signature or not", async () => {
    expect(await viewStatus({})).toBe(200);
    expect(await viewStatus({ referer: `${site}/` })).toBe(200);
    expect(await viewStatus({ referer: `${site}/c/reef?x=1` })).toBe(200);
    expect(await viewStatus({ referer: "https://evil.example/" })).toBe(403);
    expect(await viewStatus({ referer: `https://evil.example/${site}/` })).toBe(403);
    expect(await viewStatus({ referer: `${site}.evil.example/` })).toBe(403);
    expect(await viewStatus({ referer: "http://localhost:30001/" })).toBe(403);
    expect(await viewStatus({ referer: "https://localhost:3000/" })).toBe(403);
  });

  it("refuses foreign pages without a version in the URL too", async () => {
    const url = presignView(await store.signingIdentity(), { key, contentType: "image/jpeg" }, new Date());
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url, { headers: { referer: "https://evil.example/" } })).status).toBe(403);
  });

  it("gives no access for a Referer alone, unlike the Allow-by-Referer recipe", async () => {
    for (const path of [`/${key}`, "", "?list-type=2", "?versions", "?policy", "?cors"]) {
      expect((await fetch(address() + path, { headers: { referer: `${site}/` } })).status).toBe(403);
      expect((await fetch(address() + path)).status).toBe(403);
    }
  });

  it("keeps the previous version when a key is written again", async () => {
    const object = { key, body: Buffer.from("second"), contentType: "image/jpeg", cacheControl: "private" };
    await putObject(permitFor(store), object, store);
    const url = presignView(await store.signingIdentity(), { key, versionId, contentType: "image/jpeg" }, new Date());
    expect(await (await fetch(url)).text()).toBe("first");
  });

  it("accepts the site's preflights and exposes the ETag to its pages", async () => {
    for (const method of ["POST", "PUT", "GET", "HEAD"]) {
      const response = await preflight(site, method);
      expect(response.status).toBe(200);
      expect(response.headers.get("access-control-allow-origin")).toBe(site);
      expect(response.headers.get("access-control-allow-methods")).toContain(method);
      expect(response.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("content-type");
      expect(Number(response.headers.get("access-control-max-age"))).toBeGreaterThanOrEqual(600);
    }
    const policy = await createPostPolicy(
      permitFor(store),
      { prefix: "media/c/u/", minBytes: 1, maxBytes: 100, ttlSeconds: 60 },
      store,
    );
    const form = new FormData();
    for (const [name, value] of Object.entries(policy.fields)) form.append(name, value);
    form.append("file", new Blob(["x"]), "posted.jpg");
    const response = await fetch(policy.url, { method: "POST", body: form, headers: { origin: site } });
    expect(response.status).toBe(201);
    expect(response.headers.get("access-control-allow-origin")).toBe(site);
    expect(response.headers.get("access-control-expose-headers")).toMatch(/etag/i);
  });

  it("rejects preflights of other origins", async () => {
    for (const origin of ["https://evil.example", "http://localhost:30001", "null", "https://localhost:3000"]) {
      const response = await preflight(origin, "POST");
      expect(response.status).toBe(403);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect((await preflight(site, "DELETE")).status).toBe(403);
  });

  it("leaves other people's rules and statements in place, and replaces its own", async () => {
    const other = endpoint.storage("infra-shared");
    const { client, bucket } = other;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const theirRule = { ID: "theirs", AllowedOrigins: ["https://other.example"], AllowedMethods: ["GET"] };
    const CORSConfiguration = { CORSRules: [theirRule] };
    await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration }));
    const theirs = { Sid: "Theirs", Effect: "Deny", Principal: "*", Action: "s3:DeleteBucket" };
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ ...theirs, Resource: `arn:aws:s3:::${bucket}` }],
    });
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    for (const origins of [["https://old.example.org"], [site]])
      await applyBucket(permitFor(other), other, settingsOf(bucket, origins));
    const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket: bucket }));
    expect(CORSRules.map(({ ID }) => ID)).toEqual(["AtollSite", "theirs"]);
    expect(CORSRules[0]?.AllowedOrigins).toEqual([site]);
    const { Policy: now = "" } = await client.send(new GetBucketPolicyCommand({ Bucket: bucket }));
    const sids = (JSON.parse(now) as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid);
    expect(sids).toEqual(["AtollDenyForeignReferers", "Theirs"]);
    expect(now).not.toContain("old.example.org");
  });

  it("names lifecycle rules of others that would expire media, at each start, and leaves them", async () => {
    const tidy = endpoint.storage("infra-tidy");
    const { client, bucket } = tidy;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const rule = { ID: "tidy-up", Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 30 } };
    const LifecycleConfiguration = { Rules: [rule] };
    await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }));
    const lifecycle = {
      aspect: "lifecycle",
      dangers: [expect.stringMatching(/"tidy-up" of the whole bucket .* 30 days/)],
    };
    for (const state of ["changed", "equal"]) {
      const results = await applyBucket(permitFor(tidy), tidy, settingsOf(bucket));
      expect(results.find(({ aspect }) => aspect === "lifecycle")).toMatchObject({ ...lifecycle, state });
    }
    const plans = await planBucket(tidy, settingsOf(bucket));
    expect(plans.find(({ aspect }) => aspect === "lifecycle")).toMatchObject({ ...lifecycle, state: "equal" });
    expect(plans.flatMap(({ dangers }) => dangers)).toHaveLength(1);
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    expect(Rules.map(({ ID }) => ID).toSorted()).toEqual(["AtollAbortStaleMultiparts", "tidy-up"]);
  });

  it("serves the pages of every origin when there are several", async () => {
    const several = endpoint.storage("infra-several");
    const origins = [site, "https://photos.example.org"];
    const results = await applyBucket(permitFor(several), several, settingsOf(several.bucket, origins));
    // Ceph 16 evaluates several patterns of a negated condition incorrectly, so the statement is left out and reported.
    expect(states(results).policy).toBe(endpoint.ceph ? "limited" : "changed");
    const object = { key, body: Buffer.from("x"), contentType: "image/jpeg", cacheControl: "private" };
    await putObject(permitFor(several), object, several);
    const url = presignView(await several.signingIdentity(), { key, contentType: "image/jpeg" }, new Date());
    for (const origin of origins) expect((await fetch(url, { headers: { referer: `${origin}/x` } })).status).toBe(200);
    const foreign = await fetch(url, { headers: { referer: "https://evil.example/" } });
    expect(foreign.status).toBe(endpoint.ceph ? 200 : 403);
    expect((await fetch(url.split("?")[0] ?? "")).status).toBe(403);
  });

  it("shows that the Allow-by-Referer recipe is open to everyone, and closes or reports it", async () => {
    const old = endpoint.storage("infra-old-recipe");
    const { client, bucket } = old;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    await putObject(
      permitFor(old),
      { key, body: Buffer.from("x"), contentType: "image/jpeg", cacheControl: "private" },
      old,
    );
    const recipe = {
      Sid: "OldRecipe",
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition: { StringLike: { "aws:Referer": `${site}/*` } },
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [recipe] });
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    const forged = () => fetch(`${old.config.endpoint}/${bucket}/${key}`, { headers: { referer: `${site}/` } });
    expect((await forged()).status).toBe(200);
    const dangers = [expect.stringContaining("OldRecipe")];
    expect((await planBucket(old, settingsOf(bucket))).find(({ aspect }) => aspect === "policy")).toMatchObject({
      dangers,
    });
    if (endpoint.ceph) {
      const results = await applyBucket(permitFor(old), old, settingsOf(bucket));
      expect(results.find(({ aspect }) => aspect === "policy")).toMatchObject({ dangers });
    } else {
      // As on AWS: Block Public Access closes the bucket at once, and rejects a policy that stays public.
      const message = expect.stringMatching(/OldRecipe.*Remove them/);
      await expect(applyBucket(permitFor(old), old, settingsOf(bucket))).rejects.toMatchObject({
        code: "INTERNAL",
        message,
      });
    }
    expect((await forged()).status).toBe(endpoint.ceph ? 200 : 403);
  });

  it("reports missing permissions, and changes nothing", async () => {
    const stranger = createStorage({
      ...store.config,
      credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
    });
    await expect(applyBucket(permitFor(store), stranger, settingsOf(store.bucket))).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringContaining("Access denied"),
    });
    stranger.close();
  });
});

it("refuses to lock itself out of a bucket it uses by http", async () => {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const config = { endpoint: "http://127.0.0.1:9", region: "us-east-1", bucket: "none", forcePathStyle: true };
  const store = createStorage({ ...config, credentials });
  const settings = mediaBucket({ bucket: "none", origins: [site], secure: true });
  await expect(applyBucket(permitFor({ bucket: settings.bucket }), store, settings)).rejects.toMatchObject({
    code: "INTERNAL",
    message: expect.stringContaining("by http"),
  });
  store.close();
});

it("throws UNAVAILABLE when the storage cannot be reached", async () => {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const config = { endpoint: "http://127.0.0.1:9", region: "us-east-1", bucket: "none", forcePathStyle: true };
  const store = createStorage({ ...config, credentials });
  await expect(applyBucket(permitFor({ bucket: "none" }), store, settingsOf("none"))).rejects.toMatchObject({
    code: "UNAVAILABLE",
  });
  await expect(planBucket(store, settingsOf("none"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  store.close();
});
