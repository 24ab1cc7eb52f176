import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest, startStore, type TestStore } from "../harness";
import { allow, credentials, field, outcome, type QueryOptions, query } from "./query";
import { account, roleArn, roles } from "./roles";

let store: TestStore;
beforeAll(async () => {
  store = await startStore(undefined, { roles });
});
afterAll(() => store.stop());

const iam = (Action: string, parameters: Record<string, string> = {}, options?: QueryOptions) =>
  query(store.endpoint, "iam", { Action, ...parameters }, options);
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam:::user/guest" }, Action: "sts:AssumeRole" }],
});
const create = async (RoleName: string, more: Record<string, string> = {}) =>
  outcome(await iam("CreateRole", { RoleName, AssumeRolePolicyDocument: trust, ...more }));
const PolicyDocument = allow(["s3:GetObject", "arn:aws:s3:::media/*"]);
const put = async (RoleName: string, PolicyName: string, document = PolicyDocument) =>
  outcome(await iam("PutRolePolicy", { RoleName, PolicyName, PolicyDocument: document }));
const members = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`<${name}>([^<]*)`, "g"))].map(([, it]) => it);

describe("roles", () => {
  it("are made, described, and deleted once they have no policies", async () => {
    const made = await iam("CreateRole", {
      RoleName: "archive",
      Path: "/team/a/",
      Description: "Läuft nachts",
      MaxSessionDuration: "43200",
      AssumeRolePolicyDocument: trust,
    });
    expect(made.text).toContain('<CreateRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">');
    expect(field(made, "Arn")).toBe(`arn:aws:iam::${account}:role/team/a/archive`);
    const got = await iam("GetRole", { RoleName: "Archive" });
    for (const name of ["RoleId", "RoleName", "Path", "CreateDate"]) expect(field(got, name)).toBe(field(made, name));
    expect(field(got, "RoleId")).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(field(got, "Description")).toBe("Läuft nachts");
    expect(field(got, "MaxSessionDuration")).toBe("43200");
    expect(decodeURIComponent(field(got, "AssumeRolePolicyDocument") ?? "")).toBe(trust);

    expect([await put("archive", "write"), await put("archive", "read"), await put("archive", "read")]).toEqual(
      Array(3).fill("200"),
    );
    expect(members((await iam("ListRolePolicies", { RoleName: "archive" })).text, "member")).toEqual(["read", "write"]);
    const policy = await iam("GetRolePolicy", { RoleName: "archive", PolicyName: "read" });
    expect(decodeURIComponent(field(policy, "PolicyDocument") ?? "")).toBe(PolicyDocument);
    expect(outcome(await iam("DeleteRole", { RoleName: "archive" }))).toBe("409 DeleteConflict");
    for (const PolicyName of ["read", "write"]) {
      expect(outcome(await iam("DeleteRolePolicy", { RoleName: "archive", PolicyName }))).toBe("200");
    }
    const deleted = await iam("DeleteRole", { RoleName: "archive" });
    expect(deleted.text).toMatch(
      /^<DeleteRoleResponse [^>]+><ResponseMetadata><RequestId>\w+<\/RequestId><\/ResponseMetadata><\/DeleteRoleResponse>/,
    );
    expect(outcome(await iam("GetRole", { RoleName: "archive" }))).toBe("404 NoSuchEntity");
  });

  it("are listed in pages and by path, the configured ones among them", async () => {
    for (const name of ["x-2", "x-1", "x-3"]) expect(await create(name, { Path: "/listed/" })).toBe("200");
    const names = members((await iam("ListRoles")).text, "RoleName");
    expect(names).toEqual(expect.arrayContaining(["all", "for-role", "x-1"]));
    expect(names).toEqual([...names].sort());
    const first = await iam("ListRoles", { PathPrefix: "/listed/", MaxItems: "2" });
    expect([members(first.text, "RoleName"), field(first, "IsTruncated")]).toEqual([["x-1", "x-2"], "true"]);
    const Marker = field(first, "Marker") ?? "";
    const rest = await iam("ListRoles", { PathPrefix: "/listed/", MaxItems: "2", Marker });
    expect([members(rest.text, "RoleName"), field(rest, "IsTruncated")]).toEqual([["x-3"], "false"]);
  });
});

describe("refuses", () => {
  beforeAll(async () => {
    expect(await create("taken")).toBe("200");
  });

  it.each<[string, string, Record<string, string>, string]>([
    [
      "a name that is taken but for its case",
      "CreateRole",
      { RoleName: "TAKEN", AssumeRolePolicyDocument: trust },
      "409 EntityAlreadyExists",
    ],
    [
      "the name of a configured role",
      "CreateRole",
      { RoleName: "all", AssumeRolePolicyDocument: trust },
      "409 EntityAlreadyExists",
    ],
    ["a bad name", "CreateRole", { RoleName: "a/b", AssumeRolePolicyDocument: trust }, "400 ValidationError"],
    ["a long name", "CreateRole", { RoleName: "a".repeat(65), AssumeRolePolicyDocument: trust }, "400 ValidationError"],
    ["a bad path", "CreateRole", { RoleName: "a", Path: "/a", AssumeRolePolicyDocument: trust }, "400 ValidationError"],
    [
      "a trust policy that is none",
      "CreateRole",
      { RoleName: "a", AssumeRolePolicyDocument: PolicyDocument },
      "400 MalformedPolicyDocument",
    ],
    [
      "a long trust policy",
      "CreateRole",
      { RoleName: "a", AssumeRolePolicyDocument: trust.replace("guest", "g".repeat(2048)) },
      "409 LimitExceeded",
    ],
    [
      "short sessions",
      "CreateRole",
      { RoleName: "a", AssumeRolePolicyDocument: trust, MaxSessionDuration: "3599" },
      "400 ValidationError",
    ],
    [
      "tags",
      "CreateRole",
      { RoleName: "a", AssumeRolePolicyDocument: trust, "Tags.member.1.Key": "k" },
      "501 NotImplemented",
    ],
    ["a role's absence", "PutRolePolicy", { RoleName: "missing", PolicyName: "p", PolicyDocument }, "404 NoSuchEntity"],
    [
      "a policy with a principal",
      "PutRolePolicy",
      { RoleName: "taken", PolicyName: "p", PolicyDocument: trust },
      "400 MalformedPolicyDocument",
    ],
    ["a policy's absence", "GetRolePolicy", { RoleName: "taken", PolicyName: "constructor" }, "404 NoSuchEntity"],
    [
      "a policy's absence when deleting",
      "DeleteRolePolicy",
      { RoleName: "taken", PolicyName: "p" },
      "404 NoSuchEntity",
    ],
    [
      "a change of a configured role",
      "PutRolePolicy",
      { RoleName: "all", PolicyName: "p", PolicyDocument },
      "400 UnmodifiableEntity",
    ],
    ["the end of a configured role", "DeleteRole", { RoleName: "all" }, "400 UnmodifiableEntity"],
    ["what is not about roles", "CreateUser", { UserName: "eve" }, "400 InvalidAction"],
  ])("%s", async (_, action, parameters, expected) => {
    expect(outcome(await iam(action, parameters))).toBe(expected);
  });

  it("more than 10,240 characters of policies of one role, white space apart", async () => {
    const large = allow(["s3:GetObject", `arn:aws:s3:::media/${"x".repeat(10_000)}`]);
    expect(await put("taken", "large", `${large}${" ".repeat(5000)}`)).toBe("200");
    expect(await put("taken", "more", PolicyDocument)).toBe("200");
    expect(await put("taken", "more", allow(["s3:GetObject", `arn:aws:s3:::media/${"x".repeat(100)}`]))).toBe(
      "409 LimitExceeded",
    );
  });

  it("every caller but root, and root's own sessions, everything", async () => {
    const asGuest = { as: guest };
    const sessions = await Promise.all([
      credentials(store.endpoint, { Action: "GetSessionToken" }),
      credentials(store.endpoint, { Action: "AssumeRole", RoleArn: roleArn("rootly"), RoleSessionName: "ann" }),
      credentials(store.endpoint, { Action: "GetFederationToken", Name: "bob", Policy: allow(["*", "*"]) }),
    ]);
    for (const options of [asGuest, ...sessions.map((as) => ({ as }))]) {
      for (const action of ["CreateRole", "GetRole", "ListRoles", "PutRolePolicy", "DeleteRole"]) {
        const takes = action === "ListRoles" ? {} : { RoleName: "taken" };
        expect(outcome(await iam(action, takes, options))).toBe("403 AccessDenied");
      }
    }
  });
});

describe("a restart", () => {
  it("keeps roles and their policies", async () => {
    expect([await create("kept"), await put("kept", "p")]).toEqual(["200", "200"]);
    const id = field(await iam("GetRole", { RoleName: "kept" }), "RoleId");
    await store.stopKeeping();
    store = await startStore(store.dataDir, { roles });
    expect(field(await iam("GetRole", { RoleName: "kept" }), "RoleId")).toBe(id);
    expect(outcome(await iam("GetRolePolicy", { RoleName: "kept", PolicyName: "p" }))).toBe("200");
  });

  it("lets a configured role stand before one made through IAM", async () => {
    expect(await create("contested")).toBe("200");
    await store.stopKeeping();
    store = await startStore(store.dataDir, { roles: [...roles, { name: "Contested", trust: [], policies: [] }] });
    const found = await iam("ListRoles");
    expect(members(found.text, "RoleName").filter((name) => /contested/i.test(name ?? ""))).toEqual(["Contested"]);
    expect(outcome(await iam("DeleteRole", { RoleName: "contested" }))).toBe("400 UnmodifiableEntity");
  });
});
