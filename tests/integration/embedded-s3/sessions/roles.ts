import { afterAll, beforeAll } from "vitest";
import type { S3Role } from "@/lib/embedded/s3/auth/configured-roles";
import { startStore, type TestStore } from "../harness";

export const account = "000000000000";
export const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const everything = { Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] };

const trust = (Principal: object, Condition: object = {}) => ({
  Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole", Condition }],
});

/** What the tests of sessions are about. */
export const roles: readonly S3Role[] = [
  { name: "all", trust: ["guest"], policies: [everything], maxSessionSeconds: 7200 },
  { name: "rootly", trust: [], policies: [everything] },
  {
    name: "partner",
    trust: trust({ AWS: "arn:aws:iam:::user/guest" }, { StringEquals: { "sts:ExternalId": "agreed/1" } }),
    policies: [everything],
  },
  {
    name: "named-only",
    trust: trust({ AWS: account }, { StringLike: { "sts:RoleSessionName": "ok-*" } }),
    policies: [],
  },
  { name: "for-all", trust: trust({ AWS: account }), policies: [everything] },
  { name: "for-role", trust: trust({ AWS: roleArn("all") }), policies: [everything] },
];

/** One store with those roles for all tests of a file. */
export function roleStore(): { readonly store: TestStore } {
  const holder: { store?: TestStore } = {};
  beforeAll(async () => {
    holder.store = await startStore(undefined, { roles });
  });
  afterAll(() => holder.store?.stop());
  return {
    get store() {
      if (!holder.store) throw new Error("The store runs while tests do, not while they are collected.");
      return holder.store;
    },
  };
}
