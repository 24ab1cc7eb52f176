import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Claims, TokenSealer } from "@/lib/embedded/s3/auth/session-token";
import { guest, raw, refusal, root, sendForm, startStore, type TestStore } from "../harness";
import { allow, type Credentials, credentials, outcome, query } from "./query";
import { roleArn, roles } from "./roles";

const Bucket = "media";
const Key = "team/a.txt";
const get = new sdk.GetObjectCommand({ Bucket, Key });
const limited = { Action: "AssumeRole", RoleArn: roleArn("all"), RoleSessionName: "ann" };
let store: TestStore;

beforeAll(async () => {
  store = await startStore(undefined, { roles });
  await store.s3.send(new sdk.CreateBucketCommand({ Bucket }));
  await store.s3.send(new sdk.PutObjectCommand({ Bucket, Key, Body: "x" }));
});
afterAll(() => store.stop());

const issue = (parameters: Record<string, string> = limited) => credentials(store.endpoint, parameters);
const read = (as: Credentials) => refusal(store.client({ credentials: as }).send(get));
const signed = (as: Credentials, expiresIn = 60) => getSignedUrl(store.client({ credentials: as }), get, { expiresIn });

/** Credentials as the store would have issued them, with times of our choice. */
async function minted(change: Partial<Claims>): Promise<Required<Credentials>> {
  const sealer = new TokenSealer(await readFile(join(store.dataDir, "session-key")));
  const accessKeyId = "ASIAMINTEDMINTEDMINT";
  const now = Date.now();
  const claims = {
    kind: "user",
    by: "root",
    issuedAt: now - 3_600_000,
    expiresAt: now + 3_600_000,
    ...change,
  } as Claims;
  return { accessKeyId, secretAccessKey: sealer.secretOf(accessKeyId), sessionToken: sealer.seal(accessKeyId, claims) };
}

describe("a session token", () => {
  it("is taken with its key, and refused without it, with another one, or changed", async () => {
    const [mine, other] = [await issue(), await issue()];
    const { accessKeyId, secretAccessKey, sessionToken } = mine;
    expect(await read(mine)).toBe("accepted");
    expect(await read({ accessKeyId, secretAccessKey })).toBe("403 InvalidAccessKeyId");
    expect(await read({ ...mine, secretAccessKey: other.secretAccessKey })).toBe("403 SignatureDoesNotMatch");
    expect(await read({ ...mine, sessionToken: other.sessionToken })).toBe("400 InvalidToken");
    expect(await read({ ...mine, sessionToken: `${sessionToken.slice(0, -1)}!` })).toBe("400 InvalidToken");
    expect(await read({ ...mine, accessKeyId: "NOBODYHASTHISKEY" })).toBe("403 InvalidAccessKeyId");
    expect(await read({ ...root, sessionToken })).toBe("400 InvalidToken");
    expect(await read({ ...root, accessKeyId, sessionToken })).toBe("403 SignatureDoesNotMatch");
  });

  it("is under the signature in headers and in URLs", async () => {
    const { sessionToken, ...bare } = await issue();
    const url = new URL(await signed({ ...bare, sessionToken }));
    expect((await raw("GET", url.href)).status).toBe(200);
    const changed = new URL(url);
    changed.searchParams.set("X-Amz-Security-Token", (await issue()).sessionToken);
    expect(outcome(await raw("GET", changed.href))).toBe("400 InvalidToken");
    const twice = await raw("GET", url.href, { headers: { "x-amz-security-token": sessionToken } });
    expect(outcome(twice)).toBe("400 InvalidToken");
    url.searchParams.delete("X-Amz-Security-Token");
    expect(outcome(await raw("GET", url.href))).toBe("403 InvalidAccessKeyId");
    const beside = await raw("GET", url.href, { headers: { "x-amz-security-token": sessionToken } });
    expect(outcome(beside)).toBe("403 AccessDenied");
    expect(beside.text).toContain("<HeadersNotSigned>x-amz-security-token</HeadersNotSigned>");
  });

  it("is under the policy of a form", async () => {
    const as = await issue();
    const client = store.client({ credentials: as });
    const { url, fields } = await createPresignedPost(client, { Bucket, Key: "team/form.txt" });
    const file = { bytes: Buffer.from("x") };
    expect((await sendForm(url, fields, file)).status).toBe(204);
    const { "X-Amz-Security-Token": _, ...without } = fields;
    expect(Object.keys(without)).toHaveLength(Object.keys(fields).length - 1);
    expect(outcome(await sendForm(url, without, file))).toBe("403 InvalidAccessKeyId");
    const other = (await issue()).sessionToken;
    expect(outcome(await sendForm(url, { ...fields, "X-Amz-Security-Token": other }, file))).toBe("400 InvalidToken");
    const rooted = await createPresignedPost(store.s3, { Bucket, Key: "team/form.txt" });
    const extra = { ...rooted.fields, "X-Amz-Security-Token": as.sessionToken };
    expect(outcome(await sendForm(url, extra, file))).toBe("400 InvalidToken");
  });

  it("ends at its time, and every URL and form signed with it", async () => {
    expect(await read(await minted({}))).toBe("accepted");
    const expired = await minted({ expiresAt: Date.now() - 1 });
    expect(await read(expired)).toBe("400 ExpiredToken");
    expect(outcome(await raw("GET", await signed(expired, 604_800)))).toBe("400 ExpiredToken");
    const { url, fields } = await createPresignedPost(store.client({ credentials: expired }), { Bucket, Key });
    expect(outcome(await sendForm(url, fields, { bytes: Buffer.from("x") }))).toBe("400 ExpiredToken");
    const identity = await query(store.endpoint, "sts", { Action: "GetCallerIdentity" }, { as: expired });
    expect(outcome(identity)).toBe("403 ExpiredToken");
  });

  it("of the largest policy fits a URL and a form", async () => {
    const resource = `arn:aws:s3:::${Bucket}/team/*`;
    const Policy = policyOf(resource);
    expect(Policy).toHaveLength(2048);
    const as = await issue({ ...limited, Policy });
    const url = await signed(as);
    expect(url.length).toBeLessThan(6 * 1024);
    expect((await raw("GET", url)).status).toBe(200);
    const client = store.client({ credentials: as });
    const form = await createPresignedPost(client, { Bucket, Key, Conditions: [["content-length-range", 0, 100]] });
    expect((await sendForm(form.url, form.fields, { bytes: Buffer.from("x") })).status).toBe(204);
  });
});

/** 2,048 characters that compress badly. */
function policyOf(resource: string): string {
  const withNoise = (noise: string) => allow(["s3:*", [resource, `${resource}${noise}`]]);
  return withNoise(
    randomBytes(2048)
      .toString("base64url")
      .slice(0, 2048 - withNoise("").length),
  );
}

describe("a session ends", () => {
  it("not with a restart: the key is kept, for the owner alone to read", async () => {
    const as = await issue();
    await store.stopKeeping();
    store = await startStore(store.dataDir, { roles });
    expect(await read(as)).toBe("accepted");
    const { mode, size } = await stat(join(store.dataDir, "session-key"));
    expect([mode & 0o777, size]).toEqual([process.platform === "win32" ? mode & 0o777 : 0o600, 32]);
  });

  it("where another store is asked", async () => {
    const elsewhere = await startStore(undefined, { roles });
    try {
      const as = await credentials(elsewhere.endpoint, limited);
      expect(await read(as)).toBe("400 InvalidToken");
    } finally {
      await elsewhere.stop();
    }
  });

  it("with the user it goes back to", async () => {
    const sessions = await Promise.all([
      credentials(store.endpoint, limited, { as: guest }),
      credentials(store.endpoint, { Action: "GetSessionToken" }, { as: guest }),
    ]);
    const byRoot = await issue();
    await store.stopKeeping();
    const others = roles.filter((role) => role.name !== "all");
    const all = { name: "all", trust: [], policies: roles[0]?.policies ?? [] };
    store = await startStore(store.dataDir, { users: [root], roles: [...others, all] });
    for (const as of sessions) expect(await read(as)).toBe("403 InvalidAccessKeyId");
    expect(await read(byRoot)).toBe("accepted");
  });

  it("with its role, and does not come back with a namesake", async () => {
    const iam = (Action: string, parameters: Record<string, string>) =>
      query(store.endpoint, "iam", { Action, RoleName: "brief", ...parameters });
    const make = async () => {
      const Statement = [{ Effect: "Allow", Principal: "*", Action: "sts:AssumeRole" }];
      await iam("CreateRole", { AssumeRolePolicyDocument: JSON.stringify({ Statement }) });
      await iam("PutRolePolicy", { PolicyName: "p", PolicyDocument: allow(["s3:*", "*"]) });
    };
    await make();
    const as = await issue({ ...limited, RoleArn: roleArn("brief") });
    expect(await read(as)).toBe("accepted");
    await iam("DeleteRolePolicy", { PolicyName: "p" });
    expect(await read(as)).toBe("403 AccessDenied");
    expect(outcome(await iam("DeleteRole", {}))).toBe("200");
    expect(await read(as)).toBe("403 InvalidAccessKeyId");
    await make();
    expect(await read(as)).toBe("403 InvalidAccessKeyId");
  });
});
