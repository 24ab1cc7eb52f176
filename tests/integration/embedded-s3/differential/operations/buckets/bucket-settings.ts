import type { RawAnswer } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";
import { withAcls } from "../access/access";

const nothing = async () => undefined;
const tagging = (...tags: [string, string][]) =>
  `<Tagging><TagSet>${tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`).join("")}</TagSet></Tagging>`;
const query = { tagging: "" };
const many = (count: number) => Array.from({ length: count }, (_, i): [string, string] => [`k${i}`, "v"]);

export const bucketTags = operations(nothing, {
  "tags of a bucket without any": (s3) => s3.get("", { query }),
  "PUT of a bucket's tags": (s3) => s3.put("", { query, body: tagging(["a", "1"]) }),
  "tags of a bucket": async (s3) => {
    await must(s3.put("", { query, body: tagging(["a", "1"], ["b", ""]) }));
    return s3.get("", { query });
  },
  "tags of a bucket, replaced": async (s3) => {
    await must(s3.put("", { query, body: tagging(["a", "1"]) }));
    await must(s3.put("", { query, body: tagging(["b", "2"]) }));
    return s3.get("", { query });
  },
  "DELETE of a bucket's tags": async (s3) => {
    await must(s3.put("", { query, body: tagging(["a", "1"]) }));
    return s3.delete("", { query });
  },
  "tags of a bucket after their DELETE": async (s3) => {
    await must(s3.put("", { query, body: tagging(["a", "1"]) }));
    await must(s3.delete("", { query }));
    return s3.get("", { query });
  },
  "PUT of 50 tags of a bucket": (s3) => s3.put("", { query, body: tagging(...many(50)) }),
  "PUT of 51 tags of a bucket": (s3) => s3.put("", { query, body: tagging(...many(51)) }),
  "PUT of a bucket's tag twice": (s3) => s3.put("", { query, body: tagging(["a", "1"], ["a", "2"]) }),
  "PUT of a bucket's tags that are no XML": (s3) => s3.put("", { query, body: "<Tagging>" }),
  "another's tags of a bucket": (s3) => s3.get("", { query, signer: "other" }),
});

const status = (s3: TestBucket) => s3.get("", { query: { policyStatus: "" } });
const policy = (s3: TestBucket, principal: unknown) => {
  const Resource = `arn:aws:s3:::${s3.name}/*`;
  const Statement = [{ Effect: "Allow", Principal: principal, Action: "s3:GetObject", Resource }];
  return must(s3.put("", { query: { policy: "" }, body: JSON.stringify({ Version: "2012-10-17", Statement }) }));
};
const canned = (s3: TestBucket, name: string) =>
  must(s3.put("", { query: { acl: "" }, headers: { "x-amz-acl": name } }));

export const policyStatus = operations(withAcls, {
  "policy status without a policy": status,
  "policy status with a public ACL and no policy": async (s3) => {
    await canned(s3, "public-read");
    return status(s3);
  },
  "policy status with an ACL for all who sign and no policy": async (s3) => {
    await canned(s3, "authenticated-read");
    return status(s3);
  },
  "policy status with a public policy": async (s3) => {
    await policy(s3, "*");
    return status(s3);
  },
});

/** A list of buckets as the names that are this test's, and whether there are more. */
const list = async (s3: TestBucket, query: Record<string, string>): Promise<RawAnswer> => {
  const answer = await s3.send("GET", "", { bucket: "", query });
  const names = [...answer.text.matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name = ""]) => name);
  const own = names.filter((name) => name.startsWith(s3.name));
  const text = [...own, ...(answer.text.includes("<ContinuationToken>") ? ["and more"] : [])].join(", ");
  return answer.status < 300 ? { ...answer, text } : answer;
};

export const bucketLists = operations(
  async (s3) => {
    for (const suffix of ["a", "b"]) await must(s3.put("", { bucket: `${s3.name}-${suffix}` }));
  },
  {
    "buckets with a prefix": (s3) => list(s3, { prefix: `${s3.name}-` }),
    "the first page of buckets": (s3) => list(s3, { prefix: `${s3.name}-`, "max-buckets": "1" }),
    "0 buckets": (s3) => list(s3, { prefix: `${s3.name}-`, "max-buckets": "0" }),
    "buckets after a token that is none": (s3) => list(s3, { "continuation-token": "none" }),
    "buckets in another region": (s3) => list(s3, { "bucket-region": "mars-north-1" }),
  },
);

export const connections = operations(nothing, {
  "PUT that expects 100-continue": (s3) => s3.put("a", { body: "x", headers: { expect: "100-continue" } }),
  "PUT with another expectation": (s3) => s3.put("a", { body: "x", headers: { expect: "200-ok" } }),
  "PATCH of an object": (s3) => s3.send("PATCH", "a"),
  "creating a bucket with .- in its name": (s3) => s3.put("", { bucket: `${s3.name}.-x` }),
  "creating a bucket with -. in its name": (s3) => s3.put("", { bucket: `${s3.name}-.x` }),
  "creating a bucket with .. in its name": (s3) => s3.put("", { bucket: `${s3.name}..x` }),
});
