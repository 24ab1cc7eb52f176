import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { guest, refusal } from "../harness";
import { allow, type Credentials, credentials, type QueryOptions } from "./query";
import { account, roleArn, roleStore } from "./roles";

const used = roleStore();
const Bucket = "media";
const arn = `arn:aws:s3:::${Bucket}`;
const denied = "403 AccessDenied";

beforeAll(async () => {
  await used.store.s3.send(new sdk.CreateBucketCommand({ Bucket }));
  for (const Key of ["a/x", "b/x"]) await used.store.s3.send(new sdk.PutObjectCommand({ Bucket, Key, Body: "x" }));
});
beforeEach(() => used.store.s3.send(new sdk.DeleteBucketPolicyCommand({ Bucket })));

const set = (...Statement: object[]) => {
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  return used.store.s3.send(new sdk.PutBucketPolicyCommand({ Bucket, Policy }));
};
const toRead = (principal: string) => ({
  Effect: "Allow",
  Principal: { AWS: principal },
  Action: "s3:GetObject",
  Resource: `${arn}/*`,
});
const byGuest = { as: guest };
const issue = (parameters: Record<string, string>, options: QueryOptions = byGuest) =>
  credentials(used.store.endpoint, parameters, options);
const assumed = (role: string, more: Record<string, string> = {}) =>
  issue({ Action: "AssumeRole", RoleArn: roleArn(role), RoleSessionName: "ann", ...more });
const federated = (options: QueryOptions, more: Record<string, string> = {}) =>
  issue({ Action: "GetFederationToken", Name: "bob", ...more }, options);
const read = async (as: Credentials, Key = "a/x") => {
  const client = used.store.client({ credentials: as });
  const outcome = await refusal(client.send(new sdk.GetObjectCommand({ Bucket, Key })));
  client.destroy();
  return outcome;
};
const onlyA = allow(["s3:GetObject", `${arn}/a/*`]);
const session = `arn:aws:sts::${account}:assumed-role/all/ann`;

describe("a role's session", () => {
  it("has what its role has, within its own policy", async () => {
    expect(await read(await assumed("all"))).toBe("accepted");
    const within = await assumed("all", { Policy: onlyA });
    expect([await read(within), await read(within, "b/x")]).toEqual(["accepted", denied]);
  });

  it("has what the bucket grants its role within its policy, and what it grants the session beyond", async () => {
    const Policy = allow(["s3:PutObject", "*"]);
    const within = await assumed("all", { Policy });
    await set(toRead(roleArn("all")));
    expect(await read(within)).toBe(denied);
    await set(toRead(session));
    expect(await read(within)).toBe("accepted");
    await set(toRead(session.replace("ann", "eve")));
    expect(await read(within)).toBe(denied);
  });

  it("is denied what any of the policies denies", async () => {
    const Deny = { Effect: "Deny", Action: "s3:GetObject", Resource: `${arn}/a/*` };
    const Statement = [{ Effect: "Allow", Action: "s3:*", Resource: "*" }, Deny];
    const within = await assumed("all", { Policy: JSON.stringify({ Statement }) });
    await set(toRead(session));
    expect([await read(within), await read(within, "b/x")]).toEqual([denied, "accepted"]);
    for (const principal of [session, roleArn("all"), account, `arn:aws:iam:::root`]) {
      await set({ ...Deny, Principal: { AWS: principal } });
      expect([await read(await assumed("all")), await read(await assumed("all"), "b/x")]).toEqual([denied, "accepted"]);
    }
  });
});

describe("a federated user", () => {
  const bob = `arn:aws:sts::${account}:federated-user/bob`;

  it("has the rights of the user behind within the policy, and none without one", async () => {
    const byRoot = await federated({}, { Policy: onlyA });
    expect([await read(byRoot), await read(byRoot, "b/x")]).toEqual(["accepted", denied]);
    expect(await read(await federated({}))).toBe(denied);
    expect(await read(await federated(byGuest, { Policy: onlyA }))).toBe(denied);
  });

  it("has what the bucket grants it by name, if root or the bucket's owner gave it that name", async () => {
    await set(toRead(bob));
    expect(await read(await federated({}))).toBe("accepted");
    // Every user can make up a federated user of any name.
    expect(await read(await federated(byGuest))).toBe(denied);
    expect(await read(await federated(byGuest, { Policy: allow(["s3:*", "*"]) }))).toBe(denied);
  });

  it("is denied what the bucket denies to its name, from any issuer", async () => {
    await set(toRead(`arn:aws:iam::${account}:user/guest`), { ...toRead(bob), Effect: "Deny" });
    expect(await read(await federated({}, { Policy: onlyA }))).toBe(denied);
    expect(await read(await federated(byGuest, { Policy: onlyA }))).toBe(denied);
  });
});
