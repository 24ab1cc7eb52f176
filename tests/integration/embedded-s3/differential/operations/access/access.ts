import type { RawAnswer } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

type Statement = Readonly<Record<string, unknown>>;
const putPolicy = (s3: TestBucket, ...statements: Statement[]) =>
  s3.put("", { query: { policy: "" }, body: JSON.stringify({ Version: "2012-10-17", Statement: statements }) });
const everything = (s3: TestBucket) => `arn:aws:s3:::${s3.name}/*`;
const allow = (s3: TestBucket, more: Statement = {}): Statement => ({
  Effect: "Allow",
  Principal: "*",
  Action: "s3:GetObject",
  Resource: everything(s3),
  ...more,
});
const anonymous = (s3: TestBucket, headers: Record<string, string> = {}) =>
  s3.get("public/a.txt", { signer: "none", headers });
const object = (s3: TestBucket) => must(s3.put("public/a.txt", { body: "hello" }));

export const policies = operations(object, {
  "GET of a policy where there is none": (s3) => s3.get("", { query: { policy: "" } }),
  "PUT of a policy": (s3) => putPolicy(s3, allow(s3)),
  "PUT of a policy that is no JSON": (s3) => s3.put("", { query: { policy: "" }, body: "{" }),
  "PUT of a policy without statements": (s3) =>
    s3.put("", { query: { policy: "" }, body: JSON.stringify({ Version: "2012-10-17" }) }),
  "PUT of a policy with an unknown effect": (s3) => putPolicy(s3, allow(s3, { Effect: "Maybe" })),
  "PUT of a policy for another bucket": (s3) => putPolicy(s3, allow(s3, { Resource: "arn:aws:s3:::another-bucket/*" })),
  "DELETE of a policy": async (s3) => {
    await must(putPolicy(s3, allow(s3)));
    return s3.delete("", { query: { policy: "" } });
  },
  "anonymous GET that is allowed": async (s3) => {
    await must(putPolicy(s3, allow(s3)));
    return anonymous(s3);
  },
  "anonymous GET of another prefix than is allowed": async (s3) => {
    await must(putPolicy(s3, allow(s3, { Resource: `arn:aws:s3:::${s3.name}/other/*` })));
    return anonymous(s3);
  },
  "anonymous PUT where GET is allowed": async (s3) => {
    await must(putPolicy(s3, allow(s3)));
    return s3.put("public/b.txt", { signer: "none", body: "x" });
  },
  "anonymous GET of a missing key, without the right to list": async (s3) => {
    await must(putPolicy(s3, allow(s3)));
    return s3.get("public/missing", { signer: "none" });
  },
  "anonymous GET of a missing key, with the right to list": async (s3) => {
    const list = allow(s3, { Action: "s3:ListBucket", Resource: `arn:aws:s3:::${s3.name}` });
    await must(putPolicy(s3, allow(s3), list));
    return s3.get("public/missing", { signer: "none" });
  },
  "anonymous list that is allowed": async (s3) => {
    await must(putPolicy(s3, allow(s3, { Action: "s3:ListBucket", Resource: `arn:aws:s3:::${s3.name}` })));
    return s3.get("", { signer: "none", query: { "list-type": "2" } });
  },
  "Deny beats Allow": async (s3) => {
    await must(putPolicy(s3, allow(s3), allow(s3, { Effect: "Deny" })));
    return anonymous(s3);
  },
  "Deny beats a signature": async (s3) => {
    await must(putPolicy(s3, allow(s3, { Effect: "Deny", Resource: `arn:aws:s3:::${s3.name}/public/*` })));
    return s3.get("public/a.txt");
  },
  "anonymous GET after the policy's DELETE": async (s3) => {
    await must(putPolicy(s3, allow(s3)));
    await must(s3.delete("", { query: { policy: "" } }));
    return anonymous(s3);
  },
});

const refererAllow = (s3: TestBucket) =>
  must(object(s3)).then(() =>
    must(putPolicy(s3, allow(s3, { Condition: { StringLike: { "aws:Referer": ["https://app.test/*"] } } }))),
  );
const refererDeny = (s3: TestBucket) =>
  must(object(s3)).then(() => {
    const Condition = { StringNotLike: { "aws:Referer": ["https://app.test/*"] } };
    return must(putPolicy(s3, allow(s3, { Effect: "Deny", Condition })));
  });

export const referers = operations(refererAllow, {
  "anonymous GET from an allowed page": (s3) => anonymous(s3, { referer: "https://app.test/gallery" }),
  "anonymous GET from another page": (s3) => anonymous(s3, { referer: "https://thief.test/" }),
  "anonymous GET from no page": (s3) => anonymous(s3),
});

export const foreignReferers = operations(refererDeny, {
  "signed GET from an allowed page": (s3) =>
    s3.get("public/a.txt", { headers: { referer: "https://app.test/gallery" } }),
  "signed GET from another page": (s3) => s3.get("public/a.txt", { headers: { referer: "https://thief.test/" } }),
  "signed GET from no page": (s3) => s3.get("public/a.txt"),
});

/** New buckets take no ACLs (as AWS's since April 2023) until ownership is configured; Ceph always takes them. */
export const withAcls = async (s3: TestBucket) => {
  await object(s3);
  const body = "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>";
  // Ceph 16 knows no ownership controls and says so.
  await s3.put("", { query: { ownershipControls: "" }, body });
};

/** An ACL with its grants in an order of its own, as they are a set: groups last, then by permission. */
export const sorted = (answer: RawAnswer): RawAnswer => {
  const grants = [...answer.text.matchAll(/<Grant>.*?<\/Grant>/gs)].map(([grant]) => grant);
  const place = (grant: string) => `${grant.includes("<URI>")} ${/<Permission>(.*?)</.exec(grant)?.[1]}`;
  const ordered = grants.sort((a, b) => (place(a) < place(b) ? -1 : 1)).join("");
  return { ...answer, text: answer.text.replace(/<Grant>.*<\/Grant>/s, ordered) };
};

export const acls = operations(withAcls, {
  "ACL of a bucket": (s3) => s3.get("", { query: { acl: "" } }),
  "ACL of an object": (s3) => s3.get("public/a.txt", { query: { acl: "" } }),
  "PUT with a canned ACL": (s3) => s3.put("b.txt", { body: "x", headers: { "x-amz-acl": "public-read" } }),
  "ACL of a public object": async (s3) => {
    await must(s3.put("b.txt", { body: "x", headers: { "x-amz-acl": "public-read" } }));
    return sorted(await s3.get("b.txt", { query: { acl: "" } }));
  },
  "anonymous GET of a public object": async (s3) => {
    await must(s3.put("b.txt", { body: "x", headers: { "x-amz-acl": "public-read" } }));
    return s3.get("b.txt", { signer: "none" });
  },
  "anonymous DELETE of a public object": async (s3) => {
    await must(s3.put("b.txt", { body: "x", headers: { "x-amz-acl": "public-read" } }));
    return s3.delete("b.txt", { signer: "none" });
  },
  "anonymous GET of an object made private again": async (s3) => {
    await must(s3.put("b.txt", { body: "x", headers: { "x-amz-acl": "public-read" } }));
    await must(s3.put("b.txt", { query: { acl: "" }, headers: { "x-amz-acl": "private" } }));
    return s3.get("b.txt", { signer: "none" });
  },
  "anonymous list of a public bucket": async (s3) => {
    await must(s3.put("", { query: { acl: "" }, headers: { "x-amz-acl": "public-read" } }));
    return s3.get("", { signer: "none", query: { "list-type": "2" } });
  },
  "anonymous PUT into a public bucket": async (s3) => {
    await must(s3.put("", { query: { acl: "" }, headers: { "x-amz-acl": "public-read-write" } }));
    return s3.put("c.txt", { signer: "none", body: "x" });
  },
  "PUT of an ACL that is no XML": (s3) => s3.put("public/a.txt", { query: { acl: "" }, body: "<AccessControl" }),
});
