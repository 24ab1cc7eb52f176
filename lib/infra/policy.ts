/** A statement of a bucket policy. Atoll's always have a Sid; others may not. */
export type Statement = {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal?: unknown;
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, unknown>>;
};

export type PolicyDocument = { Version: string; Id?: string; Statement: Statement[] };

export const refererSid = "AtollDenyForeignReferers";

/**
 * Returns the statement that denies reads by pages of other sites, in addition to signatures: a copied link does not work as a
 * hotlink. It does not protect against people, who can forge a Referer, and it grants nothing.
 *
 * "Present and foreign" is StringLike `?*` AND StringNotLike, because shorter forms fail somewhere: on AWS a negated operator
 * alone, or with `IfExists`, matches a missing Referer (typed URLs, downloads), and Ceph 16 evaluates `Null` inverted. One
 * pattern per origin is enough: browsers send at least the slash.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function denyForeignReferers(bucket: string, origins: readonly string[]): Statement {
  return {
    Sid: refererSid,
    Effect: "Deny",
    Principal: "*",
    // A GET with a version is another action than one without.
    Action: ["s3:GetObject", "s3:GetObjectVersion"],
    Resource: `arn:aws:s3:::${bucket}/*`,
    Condition: {
      StringLike: { "aws:Referer": "?*" },
      StringNotLike: { "aws:Referer": origins.map((origin) => `${origin}/*`) },
    },
  };
}

export const insecureTransportSid = "AtollDenyInsecureTransport";

/** Returns the statement that denies requests without TLS. For storages that browsers and the site use by https. */
export function denyInsecureTransport(bucket: string): Statement {
  return {
    Sid: insecureTransportSid,
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

/**
 * Returns a canonical text of a statement. Servers return single-item lists as strings, booleans for strings, and lists in
 * another order; statements with equal canonical texts mean the same.
 */
export function canonicalStatement(statement: Statement): string {
  return JSON.stringify(canonical(statement));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.flatMap(canonical).sort();
  if (typeof value !== "object" || value === null) return [String(value)];
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 1 && entries[0]?.[0] === "AWS") return canonical(entries[0][1]);
  return Object.fromEntries(entries.map(([name, inner]) => [name, canonical(inner)]));
}

/**
 * Tells whether a statement allows access to everyone: all principals, without a condition or with one any client can meet
 * (such as a Referer). Conditions on IP addresses, networks and accounts count as restricted.
 */
export function allowsEveryone({ Effect, Principal, Condition }: Statement): boolean {
  if (Effect !== "Allow" || canonicalPrincipal(Principal) !== "*") return false;
  const keys = Object.values(Condition ?? {}).flatMap((byKey) => Object.keys(byKey));
  return !keys.some((key) => /^aws:(source|vpcsource|principal|calledvia|resource)/i.test(key));
}

function canonicalPrincipal(principal: unknown): string {
  const names = canonical(principal);
  return Array.isArray(names) && names.includes("*") ? "*" : "";
}
