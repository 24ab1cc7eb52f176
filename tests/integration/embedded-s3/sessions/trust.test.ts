import { describe, expect, it } from "vitest";
import { guest } from "../harness";
import { allow, credentials, outcome, type QueryOptions, query } from "./query";
import { account, roleArn, roleStore } from "./roles";

const used = roleStore();
const assume = async (role: string, options: QueryOptions = {}, more: Record<string, string> = {}) => {
  const parameters = { Action: "AssumeRole", RoleArn: roleArn(role), RoleSessionName: "ann", ...more };
  return outcome(await query(used.store.endpoint, "sts", parameters, options));
};
const issue = (parameters: Record<string, string>, options: QueryOptions = { as: guest }) =>
  credentials(used.store.endpoint, parameters, options);
const sessionOf = (role: string, more: Record<string, string> = {}) =>
  issue({ Action: "AssumeRole", RoleArn: roleArn(role), RoleSessionName: "ann", ...more });
const asGuest = { as: guest };
const denied = "403 AccessDenied";

describe("a user", () => {
  it("assumes the roles that trust them, by any form of the ARN", async () => {
    expect(await assume("all", asGuest)).toBe("200");
    expect(await assume("all", asGuest, { RoleArn: "arn:aws:iam:::role/all" })).toBe("200");
    expect(await assume("for-all", asGuest)).toBe("200");
  });

  it("is refused others, and learns nothing of whether there are any", async () => {
    expect(await assume("rootly", asGuest)).toBe(denied);
    expect(await assume("missing", asGuest)).toBe(denied);
    expect(await assume("for-role", asGuest)).toBe(denied);
    expect(await assume("all", asGuest, { RoleArn: `arn:aws:iam::${account}:role/path/all` })).toBe(denied);
    expect(await assume("all", asGuest, { RoleArn: "arn:aws:iam::111122223333:role/all" })).toBe(denied);
  });

  it("meets the conditions of the trust policy, or is refused", async () => {
    expect(await assume("partner", asGuest)).toBe(denied);
    expect(await assume("partner", asGuest, { ExternalId: "agreed/2" })).toBe(denied);
    expect(await assume("partner", asGuest, { ExternalId: "agreed/1" })).toBe("200");
    expect(await assume("named-only", asGuest)).toBe(denied);
    expect(await assume("named-only", asGuest, { RoleSessionName: "ok-1" })).toBe("200");
  });
});

describe("root", () => {
  it("assumes every role there is", async () => {
    for (const role of ["all", "rootly", "partner", "for-role"]) expect(await assume(role)).toBe("200");
    expect(await assume("missing")).toBe(denied);
  });
});

describe("a session", () => {
  it("of a user assumes what the user may", async () => {
    const as = await issue({ Action: "GetSessionToken" });
    expect(await assume("all", { as })).toBe("200");
    expect(await assume("rootly", { as })).toBe(denied);
  });

  it("of a federated user assumes nothing", async () => {
    const Policy = allow([["s3:*", "sts:*"], "*"]);
    const as = await issue({ Action: "GetFederationToken", Name: "bob", Policy });
    expect(await assume("all", { as })).toBe(denied);
    expect(await assume("for-all", { as })).toBe(denied);
    const rooted = await issue({ Action: "GetFederationToken", Name: "bob", Policy }, {});
    expect(await assume("rootly", { as: rooted })).toBe(denied);
  });

  it("of a role assumes roles that name its role, not those that trust the account", async () => {
    const as = await sessionOf("all");
    expect(await assume("for-role", { as })).toBe("200");
    expect(await assume("for-all", { as })).toBe(denied);
    expect(await assume("all", { as })).toBe(denied);
  });

  it("goes nowhere its session policy does not let it go", async () => {
    const within = await sessionOf("all", { Policy: allow(["s3:*", "*"]) });
    expect(await assume("for-role", { as: within })).toBe(denied);
    const onward = await sessionOf("all", { Policy: allow(["sts:AssumeRole", roleArn("for-role")]) });
    expect(await assume("for-role", { as: onward })).toBe("200");
  });

  it.each(["GetSessionToken", "GetFederationToken"])("gets no other by %s", async (Action) => {
    const sessions = await Promise.all([
      sessionOf("all"),
      issue({ Action: "GetSessionToken" }, {}),
      issue({ Action: "GetFederationToken", Name: "bob" }, {}),
    ]);
    for (const as of sessions) {
      const answer = await query(
        used.store.endpoint,
        "sts",
        { Action, ...(Action.includes("Fed") && { Name: "x1" }) },
        { as },
      );
      expect(outcome(answer)).toBe(denied);
    }
  });
});
