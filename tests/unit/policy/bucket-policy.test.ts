import { describe, expect, it } from "vitest";
import { parsePolicy } from "@/lib/policy/document";
import { PolicyError } from "@/lib/policy/error";
import { type AccessRequest, evaluatePolicy } from "@/lib/policy/evaluate";
import { isPublicPolicy } from "@/lib/policy/public-access";

const parse = (...statements: object[]) =>
  parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }), { bucket: "media" });
const allow = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::media/*" };
const deny = { ...allow, Effect: "Deny" };
const ann = { arn: "arn:aws:iam::000000000000:user/ann", accountId: "000000000000", name: "ann" };

const variable = (name: string) => `$\{${name}}`;

function ask(values: Record<string, string> = {}, change: Partial<AccessRequest> = {}): AccessRequest {
  const condition = (key: string) => (key in values ? [values[key] ?? ""] : undefined);
  return { principal: undefined, action: "s3:GetObject", resource: "arn:aws:s3:::media/a/b.jpg", condition, ...change };
}

describe("statements", () => {
  it("an Allow allows what it names and nothing else", () => {
    const policy = parse(allow);
    expect(evaluatePolicy(policy, ask())).toBe("allow");
    expect(evaluatePolicy(policy, ask({}, { action: "s3:PutObject" }))).toBe("none");
    expect(evaluatePolicy(policy, ask({}, { resource: "arn:aws:s3:::media" }))).toBe("none");
  });

  it("a Deny beats every Allow, in either order", () => {
    expect(evaluatePolicy(parse(allow, deny), ask())).toBe("deny");
    expect(evaluatePolicy(parse(deny, allow), ask())).toBe("deny");
  });

  it("wildcards reach over slashes, and dots are dots", () => {
    const policy = parse({ ...allow, Action: "s3:Get*", Resource: "arn:aws:s3:::media/a?b.*" });
    expect(evaluatePolicy(policy, ask({}, { action: "s3:getobjectversion" }))).toBe("allow");
    expect(evaluatePolicy(policy, ask({}, { resource: "arn:aws:s3:::media/a/bxjpg" }))).toBe("none");
  });

  it("NotAction, NotResource and NotPrincipal mean everything else", () => {
    const { Action: _, Resource: __, Principal: ___, ...bare } = deny;
    const policy = parse({
      ...bare,
      NotPrincipal: { AWS: ann.arn },
      NotAction: "s3:Put*",
      NotResource: "arn:aws:s3:::media/public/*",
    });
    expect(evaluatePolicy(policy, ask())).toBe("deny");
    expect(evaluatePolicy(policy, ask({}, { principal: ann }))).toBe("none");
    expect(evaluatePolicy(policy, ask({}, { action: "s3:PutObject" }))).toBe("none");
    expect(evaluatePolicy(policy, ask({}, { resource: "arn:aws:s3:::media/public/x" }))).toBe("none");
  });

  it.each([
    ["by ARN", ann.arn, true],
    ["by account number", "000000000000", true],
    ["by account root", "arn:aws:iam::000000000000:root", true],
    ["by an ARN without account", "arn:aws:iam:::user/ann", true],
    ["by account root without account", "arn:aws:iam:::root", true],
    ["not by another's ARN", "arn:aws:iam::000000000000:user/bob", false],
    ["not by an ARN that begins alike", "arn:aws:iam::000000000000:user/an", false],
  ])("a user is named %s", (_, principal, matches) => {
    const policy = parse({ ...allow, Principal: { AWS: [principal] } });
    expect(evaluatePolicy(policy, ask({}, { principal: ann }))).toBe(matches ? "allow" : "none");
    expect(evaluatePolicy(policy, ask())).toBe("none");
  });

  it("policy variables stand for the caller; without a caller nothing matches", () => {
    const policy = parse({ ...allow, Resource: "arn:aws:s3:::media/$" + "{aws:username}/*" });
    const own = { resource: "arn:aws:s3:::media/ann/x" };
    expect(evaluatePolicy(policy, ask({ "aws:username": "ann" }, own))).toBe("allow");
    expect(evaluatePolicy(policy, ask({}, own))).toBe("none");
  });

  it("what a variable stands for is text, and no pattern", () => {
    const policy = parse({ ...allow, Resource: `arn:aws:s3:::media/${variable("aws:UserAgent")}/*` });
    const other = { resource: "arn:aws:s3:::media/ann/x" };
    for (const sent of ["*", "a?n", "$*", `${variable("*")}`])
      expect(evaluatePolicy(policy, ask({ "aws:useragent": sent }, other))).toBe("none");
    const literal = { resource: "arn:aws:s3:::media/a*$/x" };
    expect(evaluatePolicy(policy, ask({ "aws:useragent": "a*$" }, literal))).toBe("allow");
  });

  it("special characters have variables, and variables may have a default", () => {
    const star = parse({ ...allow, Resource: `arn:aws:s3:::media/${variable("*")}` });
    expect(evaluatePolicy(star, ask({}, { resource: "arn:aws:s3:::media/*" }))).toBe("allow");
    expect(evaluatePolicy(star, ask())).toBe("none");
    const home = parse({ ...deny, Resource: `arn:aws:s3:::media/${variable("aws:username, 'a'")}/*` });
    expect(evaluatePolicy(home, ask())).toBe("deny");
    expect(evaluatePolicy(home, ask({ "aws:username": "b" }))).toBe("none");
    const equals = parse({ ...deny, Condition: { StringEquals: { "aws:UserAgent": variable("*") } } });
    expect(evaluatePolicy(equals, ask({ "aws:useragent": "*" }))).toBe("deny");
    expect(evaluatePolicy(equals, ask({ "aws:useragent": "x" }))).toBe("none");
  });

  it.each(["2008-10-17", undefined])("variables of version %s are plain text", (Version) => {
    const Statement = { ...allow, Resource: `arn:aws:s3:::media/${variable("aws:username")}/*` };
    const policy = parsePolicy(JSON.stringify({ Version, Statement }), { bucket: "media" });
    expect(evaluatePolicy(policy, ask({ "aws:username": "a" }))).toBe("none");
  });
});

describe("conditions", () => {
  const referer = "aws:referer";
  const cases: [string, object, Record<string, string>, boolean][] = [
    [
      "StringLike fits",
      { StringLike: { "aws:Referer": ["https://ok.test/*"] } },
      { [referer]: "https://ok.test/p" },
      true,
    ],
    [
      "StringLike is anchored",
      { StringLike: { "aws:Referer": "https://ok.test/*" } },
      { [referer]: "https://evil.test/https://ok.test/" },
      false,
    ],
    ["StringLike needs the key", { StringLike: { "aws:Referer": "*" } }, {}, false],
    ["StringNotLike holds without the key", { StringNotLike: { "aws:Referer": "https://ok.test/*" } }, {}, true],
    [
      "StringNotLike with several values: none may fit",
      { StringNotLike: { "aws:Referer": ["a*", "b*"] } },
      { [referer]: "bx" },
      false,
    ],
    ["Null true needs absence", { Null: { "aws:Referer": "true" } }, {}, true],
    ["Null true with the key", { Null: { "aws:Referer": "true" } }, { [referer]: "x" }, false],
    ["Null false needs presence", { Null: { "aws:Referer": false } }, {}, false],
    [
      "two operators are both needed",
      { StringNotLike: { "aws:Referer": "https://ok.test/*" }, Null: { "aws:Referer": "false" } },
      {},
      false,
    ],
    ["IfExists holds without the key", { StringLikeIfExists: { "aws:Referer": "https://ok.test/*" } }, {}, true],
    [
      "IfExists tests the key",
      { StringLikeIfExists: { "aws:Referer": "https://ok.test/*" } },
      { [referer]: "x" },
      false,
    ],
    ["Bool", { Bool: { "aws:SecureTransport": "false" } }, { "aws:securetransport": "false" }, true],
    ["Bool otherwise", { Bool: { "aws:SecureTransport": false } }, { "aws:securetransport": "true" }, false],
    [
      "NumericGreaterThan",
      { NumericGreaterThan: { "s3:signatureAge": 600000 } },
      { "s3:signatureage": "600001" },
      true,
    ],
    [
      "NumericGreaterThan, equal",
      { NumericGreaterThan: { "s3:signatureAge": "600000" } },
      { "s3:signatureage": "600000" },
      false,
    ],
    ["NumericGreaterThan, absent", { NumericGreaterThan: { "s3:signatureAge": "600000" } }, {}, false],
    [
      "IpAddress in range",
      { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } },
      { "aws:sourceip": "203.0.113.7" },
      true,
    ],
    [
      "IpAddress out of range",
      { IpAddress: { "aws:SourceIp": "203.0.113.0/29" } },
      { "aws:sourceip": "203.0.113.8" },
      false,
    ],
    [
      "IpAddress of the other kind",
      { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } },
      { "aws:sourceip": "2001:db8::1" },
      false,
    ],
    ["IpAddress, IPv6", { IpAddress: { "aws:SourceIp": "2001:db8::/32" } }, { "aws:sourceip": "2001:db8:1::5" }, true],
    ["NotIpAddress", { NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8"] } }, { "aws:sourceip": "203.0.113.7" }, true],
    ["StringEquals on the prefix", { StringEquals: { "s3:prefix": ["a/", "b/"] } }, { "s3:prefix": "b/" }, true],
    ["StringEquals heeds case", { StringEquals: { "s3:prefix": "A/" } }, { "s3:prefix": "a/" }, false],
    [
      "DateLessThan",
      { DateLessThan: { "aws:CurrentTime": "2030-01-01T00:00:00Z" } },
      { "aws:currenttime": "2026-01-01T00:00:00Z" },
      true,
    ],
    ["ForAllValues holds on nothing", { "ForAllValues:StringEquals": { "s3:prefix": "a" } }, {}, true],
    ["ForAnyValue fails on nothing", { "ForAnyValue:StringEquals": { "s3:prefix": "a" } }, {}, false],
  ];
  it.each(cases)("%s", (_, condition, values, holds) => {
    expect(evaluatePolicy(parse({ ...deny, Condition: condition }), ask(values))).toBe(holds ? "deny" : "none");
  });
});

describe("policies that are refused", () => {
  const base = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::media/*" };
  it.each([
    ["an unknown effect", { ...base, Effect: "Maybe" }],
    ["no principal", { ...base, Principal: undefined }],
    ["a principal that is no ARN", { ...base, Principal: { AWS: "ann" } }],
    ["a pattern of principals", { ...base, Principal: { AWS: "arn:aws:iam::000000000000:user/*" } }],
    ["a canonical id", { ...base, Principal: { CanonicalUser: "0".repeat(64) } }],
    ["another bucket", { ...base, Resource: "arn:aws:s3:::other/*" }],
    ["a bucket that begins alike", { ...base, Resource: "arn:aws:s3:::media2/*" }],
    ["an action of another service", { ...base, Action: "ec2:Start" }],
    ["Action beside NotAction", { ...base, NotAction: "s3:PutObject" }],
    ["an unknown field", { ...base, Conditions: {} }],
    ["an effect that is no text", { ...base, Effect: { toString: 1 } }],
    ["an operator that is a property of every object", { ...base, Condition: { constructor: { "aws:Referer": "x" } } }],
    ["another such", { ...base, Condition: { toString: { "aws:Referer": "x" } } }],
    ["an unknown variable", { ...base, Resource: `arn:aws:s3:::media/${variable("aws:user")}/*` }],
    ["one in a condition", { ...base, Condition: { StringLike: { "aws:Referer": variable("aws:user") } } }],
    [
      "a key whose value the store does not know",
      { ...base, Condition: { StringEquals: { "aws:RequestedRegion": "x" } } },
    ],
    ["an unknown operator", { ...base, Condition: { StringIsh: { "aws:Referer": "x" } } }],
    ["an unknown key", { ...base, Condition: { StringLike: { "aws:Refferer": "x" } } }],
    ["a range that is none", { ...base, Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/99" } } }],
    ["a Bool that is none", { ...base, Condition: { Bool: { "aws:SecureTransport": "yes" } } }],
  ])("%s", (_, statement) => {
    expect(() => parse(statement)).toThrow(PolicyError);
  });

  it("one that names something twice, of which JSON.parse would drop the first", () => {
    const condition = `"StringLike":{"aws:Referer":"https://ok.test/*"},"StringLike":{"s3:prefix":"\\":x"}`;
    const twice = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::media/*","Condition":{${condition}}}}`;
    const once = twice.replace('"StringLike":{"s3', '"StringEquals":{"s3');
    expect(() => parsePolicy(once, { bucket: "media" })).not.toThrow();
    expect(() => parsePolicy(twice, { bucket: "media" })).toThrow(/twice/);
  });

  it("one nested ten thousand levels deep", () => {
    const deep = `{"Statement":${"[".repeat(9_000)}${"]".repeat(9_000)}}`;
    expect(() => parsePolicy(deep, { bucket: "media" })).toThrow(PolicyError);
  });
});

describe("what counts as public", () => {
  it.each([
    ["an Allow to all", {}, true],
    [
      "an Allow to all with a Referer, which every client can send",
      { Condition: { StringLike: { "aws:Referer": "https://ok.test/*" } } },
      true,
    ],
    ["an Allow to a narrow range", { Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } } }, false],
    ["an Allow to the whole internet by range", { Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/1" } } }, true],
    ["an Allow to a user", { Principal: { AWS: ann.arn } }, false],
    ["a Deny to all", { Effect: "Deny" }, false],
  ])("%s", (_, change, isPublic) => {
    expect(isPublicPolicy(parse({ ...allow, ...change }))).toBe(isPublic);
  });
});
