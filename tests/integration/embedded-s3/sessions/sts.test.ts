import { describe, expect, it } from "vitest";
import { guest, raw, root } from "../harness";
import { allow, credentials, field, outcome, type QueryOptions, query } from "./query";
import { account, roleArn, roleStore } from "./roles";

const used = roleStore();
const sts = (parameters: Record<string, string>, options?: QueryOptions) =>
  query(used.store.endpoint, "sts", parameters, options);
const issue = (parameters: Record<string, string>, options?: QueryOptions) =>
  credentials(used.store.endpoint, parameters, options);
const assume = { Action: "AssumeRole", RoleArn: roleArn("all"), RoleSessionName: "ann" };
const byGuest = { as: guest };

describe("answers", () => {
  it("AssumeRole has AWS's elements", async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const answer = await sts({ ...assume, DurationSeconds: "900", Policy: allow(["s3:GetObject", "*"]) }, byGuest);
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/xml" } });
    expect(answer.text).toMatch(
      /^<AssumeRoleResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"><AssumeRoleResult><AssumedRoleUser>.*<\/AssumeRoleResult><ResponseMetadata><RequestId>\w+<\/RequestId><\/ResponseMetadata><\/AssumeRoleResponse>\s*$/,
    );
    expect(field(answer, "AssumedRoleId")).toMatch(/^AROA[A-Z2-7]{17}:ann$/);
    expect(field(answer, "Arn")).toBe(`arn:aws:sts::${account}:assumed-role/all/ann`);
    expect(field(answer, "AccessKeyId")).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(field(answer, "SecretAccessKey")).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(Number(field(answer, "PackedPolicySize"))).toBeGreaterThan(0);
    const expiration = field(answer, "Expiration") ?? "";
    expect(expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(expiration) - before).toBeGreaterThanOrEqual(900_000);
    expect(Date.parse(expiration) - before).toBeLessThan(960_000);
    expect((await sts(assume, byGuest)).text).not.toContain("PackedPolicySize");
  });

  it("GetFederationToken names the federated user", async () => {
    const answer = await sts({ Action: "GetFederationToken", Name: "bob" }, { ...byGuest, method: "GET" });
    expect(field(answer, "FederatedUserId")).toBe(`${account}:bob`);
    expect(field(answer, "Arn")).toBe(`arn:aws:sts::${account}:federated-user/bob`);
  });

  it("GetCallerIdentity returns any caller, by GET and by POST", async () => {
    const who = async (as: QueryOptions["as"], method: "GET" | "POST") => {
      const answer = await sts({ Action: "GetCallerIdentity" }, { ...(as && { as }), method });
      return [field(answer, "Account"), field(answer, "Arn"), field(answer, "UserId")];
    };
    const user = `arn:aws:iam::${account}:user/guest`;
    const aida = expect.stringMatching(/^AIDA[A-Z2-7]{17}$/);
    expect(await who(root, "GET")).toEqual([account, `arn:aws:iam::${account}:user/root`, aida]);
    expect(await who(await issue({ Action: "GetSessionToken" }, byGuest), "POST")).toEqual([account, user, aida]);
    expect(await who(await issue({ Action: "GetFederationToken", Name: "bob" }, byGuest), "GET")).toEqual([
      account,
      `arn:aws:sts::${account}:federated-user/bob`,
      `${account}:bob`,
    ]);
    expect(await who(await issue(assume, byGuest), "GET")).toEqual([
      account,
      `arn:aws:sts::${account}:assumed-role/all/ann`,
      expect.stringMatching(/^AROA[A-Z2-7]{17}:ann$/),
    ]);
  });

  it("errors have the query protocol's form", async () => {
    const answer = await sts({ Action: "DecodeAuthorizationMessage" });
    expect(answer.text).toMatch(
      /^<ErrorResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"><Error><Type>Sender<\/Type><Code>InvalidAction<\/Code><Message>Could not find operation DecodeAuthorizationMessage for version 2011-06-15<\/Message><\/Error><RequestId>\w+<\/RequestId><\/ErrorResponse>\s*$/,
    );
  });
});

describe("refuses", () => {
  const identity = { Action: "GetCallerIdentity" };

  it.each<[string, Record<string, string>, QueryOptions, string]>([
    ["no action", { Action: "" }, {}, "400 MissingAction"],
    ["an action of another version", { ...identity, Version: "2010-05-08" }, {}, "400 InvalidAction"],
    ["an action that is a property of every object", { Action: "constructor" }, {}, "400 InvalidAction"],
    ["an unknown key", identity, { as: { ...root, accessKeyId: "NOKEY" } }, "403 InvalidClientTokenId"],
    ["a wrong secret", identity, { as: { ...root, secretAccessKey: "not-the-secret" } }, "403 SignatureDoesNotMatch"],
    ["a signature for S3", identity, { service: "s3" }, "400 IncompleteSignature"],
    ["an old signature", identity, { signedAt: Date.now() - 16 * 60_000 }, "400 RequestExpired"],
    [
      "a body changed on its way",
      assume,
      { tamper: (body) => body.replace("ann", "bob") },
      "403 SignatureDoesNotMatch",
    ],
    [
      "a parameter given twice",
      identity,
      { tamper: (body) => `${body}&Action=GetSessionToken` },
      "404 MalformedQueryString",
    ],
    [
      "a restricting parameter it does not know",
      { ...assume, "PolicyArns.member.1.arn": "x" },
      {},
      "501 NotImplemented",
    ],
    ["a body without end", { ...assume, Policy: "x".repeat(200_000) }, {}, "413 RequestEntityTooLarge"],
    ["a role name instead of an ARN", { ...assume, RoleArn: "a-role-called-all-in-all" }, {}, "400 ValidationError"],
    ["no session name", { Action: "AssumeRole", RoleArn: roleArn("all") }, {}, "400 ValidationError"],
    ["a session name with a slash", { ...assume, RoleSessionName: "a/b" }, {}, "400 ValidationError"],
    ["a session name with a wildcard", { ...assume, RoleSessionName: "a*" }, {}, "400 ValidationError"],
    ["a policy that is none", { ...assume, Policy: "{}" }, {}, "400 MalformedPolicyDocument"],
    [
      "a policy with a principal",
      { ...assume, Policy: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}' },
      {},
      "400 MalformedPolicyDocument",
    ],
    ["a policy too long", { ...assume, Policy: allow(["s3:*", "*"]).padEnd(2049) }, {}, "400 ValidationError"],
  ])("%s", async (_, parameters, options, expected) => {
    expect(outcome(await sts(parameters, options))).toBe(expected);
  });

  it("what is not signed", async () => {
    const answer = await raw("GET", `${used.store.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`);
    expect(outcome(answer)).toBe("403 MissingAuthenticationToken");
  });

  it("and leaves what is no query to S3", async () => {
    expect(outcome(await raw("POST", used.store.endpoint, { body: "x" }))).toBe("405 MethodNotAllowed");
  });
});

describe("durations", () => {
  const session = { Action: "GetSessionToken" };
  const federation = { Action: "GetFederationToken", Name: "bob" };

  it.each<[string, Record<string, string>, number, string]>([
    ["AssumeRole at least", assume, 900, "200"],
    ["AssumeRole less", assume, 899, "400 ValidationError"],
    ["AssumeRole the role's most", assume, 7200, "200"],
    ["AssumeRole more than the role's most", assume, 7201, "400 ValidationError"],
    [
      "AssumeRole more than an hour, unless the role says so",
      { ...assume, RoleArn: roleArn("for-all") },
      3601,
      "400 ValidationError",
    ],
    ["GetSessionToken at least", session, 900, "200"],
    ["GetSessionToken less", session, 899, "400 ValidationError"],
    ["GetSessionToken at most", session, 129_600, "200"],
    ["GetSessionToken more", session, 129_601, "400 ValidationError"],
    ["GetFederationToken less", federation, 899, "400 ValidationError"],
    ["GetFederationToken at most", federation, 129_600, "200"],
    ["GetFederationToken more", federation, 129_601, "400 ValidationError"],
  ])("%s", async (_, parameters, seconds, expected) => {
    expect(outcome(await sts({ ...parameters, DurationSeconds: String(seconds) }, byGuest))).toBe(expected);
  });

  it("a role assumed from a role lasts an hour at most", async () => {
    const as = await issue(assume, byGuest);
    const chained = { ...assume, RoleArn: roleArn("for-role") };
    expect(outcome(await sts({ ...chained, DurationSeconds: "3600" }, { as }))).toBe("200");
    const longer = { ...assume, RoleArn: roleArn("all"), DurationSeconds: "3601" };
    const asRoot = await issue({ Action: "GetSessionToken" });
    expect(outcome(await sts(longer, { as: asRoot }))).toBe("200");
    expect(outcome(await sts({ ...chained, DurationSeconds: "3601" }, { as }))).toBe("400 ValidationError");
  });
});
