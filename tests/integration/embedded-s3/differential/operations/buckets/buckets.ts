import type { RawAnswer } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const nothing = async () => undefined;
const configuration = (location: string) =>
  `<CreateBucketConfiguration><LocationConstraint>${location}</LocationConstraint></CreateBucketConfiguration>`;
/** A list of buckets without those that are there for others. */
const ownOnly = (answer: RawAnswer, s3: TestBucket): RawAnswer => ({
  ...answer,
  text: answer.text.replace(/<Bucket>.*?<\/Bucket>/gs, (one) => (one.includes(`<Name>${s3.name}</Name>`) ? one : "")),
});

export const buckets = operations(nothing, {
  "creating a bucket": (s3) => s3.put("", { bucket: `${s3.name}-new` }),
  "creating a bucket that is one's own already": (s3) => s3.put(""),
  "creating a bucket with upper case in its name": (s3) => s3.put("", { bucket: `${s3.name}-UPPER` }),
  "creating a bucket with a short name": (s3) => s3.put("", { bucket: "ab" }),
  "creating a bucket named like an address": (s3) => s3.put("", { bucket: "192.168.5.4" }),
  "creating a bucket elsewhere": (s3) => s3.put("", { bucket: `${s3.name}-far`, body: configuration("mars-north-1") }),
  "creating a bucket with a configuration that is no XML": (s3) =>
    s3.put("", { bucket: `${s3.name}-broken`, body: "<CreateBucketConfiguration>" }),
  "HEAD of a bucket": (s3) => s3.head(""),
  "HEAD of a missing bucket": (s3) => s3.head("", { bucket: `${s3.name}-missing` }),
  "where a bucket is": (s3) => s3.get("", { query: { location: "" } }),
  "the list of buckets": async (s3) => ownOnly(await s3.send("GET", "", { bucket: "" }), s3),
  "the list of buckets, unsigned": (s3) => s3.send("GET", "", { bucket: "", signer: "none" }),
  "deleting a bucket": (s3) => s3.delete(""),
  "HEAD of a deleted bucket": async (s3) => {
    await must(s3.delete(""));
    return s3.head("");
  },
  "deleting a bucket that is not empty": async (s3) => {
    await must(s3.put("a"));
    return s3.delete("");
  },
  "deleting a bucket with an unfinished upload": async (s3) => {
    await must(s3.post("a", { query: { uploads: "" } }));
    return s3.delete("");
  },
  "deleting a missing bucket": (s3) => s3.delete("", { bucket: `${s3.name}-missing` }),
  "listing a missing bucket": (s3) => s3.get("", { bucket: `${s3.name}-missing` }),
  "versions kept in a new bucket": (s3) => s3.get("", { query: { versioning: "" } }),
  "PUT of versioning with an unknown status": (s3) =>
    s3.put("", {
      query: { versioning: "" },
      body: "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>",
    }),
  "POST to a bucket": (s3) => s3.post(""),
});
