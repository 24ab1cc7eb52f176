import { api, type Difference, each, guide, http } from "./difference";

export const bucketSettings: readonly Difference[] = [
  {
    why: "DeleteBucketTagging answers 204.",
    source: `${api}/API_DeleteBucketTagging.html`,
    operations: { "DELETE of a bucket's tags": { answer: ["204", "200"] } },
  },
  {
    why: "Tag keys are unique within a bucket.",
    source: `${guide}/CostAllocTagging.html`,
    operations: { "PUT of a bucket's tag twice": { answer: ["400 InvalidTag", "200"] } },
  },
  {
    why: "Without a policy, and where no ACL is public, there is no status of it.",
    source: `${api}/ErrorResponses.html`,
    operations: { "policy status without a policy": { answer: ["404 NoSuchBucketPolicy", "200"] } },
  },
  {
    why: "Lists of buckets have pages, prefixes and regions; Ceph 16 passes over them.",
    source: `${api}/API_ListBuckets.html`,
    operations: {
      "buckets with a prefix": { body: ["(bucket)-a, (bucket)-b", "(bucket), (bucket)-a, (bucket)-b"] },
      "the first page of buckets": { body: ["(bucket)-a, and more", "(bucket), (bucket)-a, (bucket)-b"] },
      "buckets in another region": { body: ["", "(bucket), (bucket)-a, (bucket)-b"] },
      ...each(["0 buckets", "buckets after a token that is none"], { answer: ["400 InvalidArgument", "200"] }),
    },
  },
  {
    why: "405 names the methods there are.",
    source: `${http}#section-15.5.6`,
    operations: each(["an unknown method", "PATCH of an object"], {
      allow: ["GET, HEAD, PUT, POST, DELETE, OPTIONS", undefined],
    }),
  },
];
