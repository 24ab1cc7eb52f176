/** A statement of a bucket policy, as AWS writes it. Ours always bear a Sid; others' may not. */
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
 * Refuses reads that a page of another site makes, on top of the signature: a copied link does not work in somebody else's
 * page while it lives. It is no protection against people (a Referer is easily forged) and grants nothing to anyone.
 *
 * "Present and foreign" is written StringLike `?*` AND StringNotLike. The shorter forms are wrong somewhere: a negated
 * operator alone is true for an absent key on AWS (typed addresses and downloads would be refused), `…IfExists` too, and
 * Ceph 16 evaluates `Null` the wrong way round. One pattern per origin: browsers always send at least the slash.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function denyForeignReferers(bucket: string, origins: readonly string[]): Statement {
  return {
    Sid: refererSid,
    Effect: "Deny",
    Principal: "*",
    // A GET that names a version is another action than one that does not.
    Action: ["s3:GetObject", "s3:GetObjectVersion"],
    Resource: `arn:aws:s3:::${bucket}/*`,
    Condition: {
      StringLike: { "aws:Referer": "?*" },
      StringNotLike: { "aws:Referer": origins.map((origin) => `${origin}/*`) },
    },
  };
}

export const insecureTransportSid = "AtollDenyInsecureTransport";

/** Refuses everything that does not come by TLS. Only where browsers and the site itself use https. */
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
 * A statement in one spelling: servers give back lists of one as a plain text, booleans for texts, lists in another order.
 * Two statements mean the same when their canonical texts are equal.
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
 * Whether a statement opens something to everybody who knows how to ask: allowed to all principals, with or without a condition
 * that a request can simply fulfil (the old Allow-by-Referer recipe). Conditions on addresses, networks and accounts count as closed.
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
