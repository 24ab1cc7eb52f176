import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const source = (s3: TestBucket) =>
  must(
    s3.put("source", {
      body: "copy me",
      headers: {
        "content-type": "text/plain",
        "cache-control": "max-age=60",
        "x-amz-meta-kept": "yes",
        "x-amz-tagging": "colour=red",
      },
    }),
  );
const copy = (s3: TestBucket, to: string, headers: Record<string, string> = {}) =>
  s3.put(to, { headers: { "x-amz-copy-source": `/${s3.name}/source`, ...headers } });

export const copies = operations(source, {
  copy: (s3) => copy(s3, "target"),
  "HEAD of a copy": async (s3) => {
    await must(copy(s3, "target"));
    return s3.head("target");
  },
  "tags of a copy": async (s3) => {
    await must(copy(s3, "target"));
    return s3.get("target", { query: { tagging: "" } });
  },
  "copy without the slash before the bucket": (s3) => copy(s3, "target", { "x-amz-copy-source": `${s3.name}/source` }),
  "copy of a key with odd characters": async (s3) => {
    await must(s3.put("ü +%.txt", { body: "odd" }));
    await must(copy(s3, "target", { "x-amz-copy-source": `/${s3.name}/%C3%BC%20%2B%25.txt` }));
    return s3.get("target");
  },
  "HEAD of a copy with other metadata": async (s3) => {
    const replaced = { "x-amz-metadata-directive": "REPLACE", "content-type": "text/css", "x-amz-meta-new": "1" };
    await must(copy(s3, "target", replaced));
    return s3.head("target");
  },
  "HEAD of a copy whose new metadata were not asked for": async (s3) => {
    await must(copy(s3, "target", { "content-type": "text/css", "x-amz-meta-new": "1" }));
    return s3.head("target");
  },
  "copy with an unknown directive": (s3) => copy(s3, "target", { "x-amz-metadata-directive": "MERGE" }),
  "copy onto itself": (s3) => copy(s3, "source"),
  "HEAD after a copy onto itself with other metadata": async (s3) => {
    await must(copy(s3, "source", { "x-amz-metadata-directive": "REPLACE", "x-amz-meta-new": "1" }));
    return s3.head("source");
  },
  "copy of a missing key": (s3) => copy(s3, "target", { "x-amz-copy-source": `/${s3.name}/missing` }),
  "copy out of a missing bucket": (s3) => copy(s3, "target", { "x-amz-copy-source": `/${s3.name}-missing/source` }),
  "copy of a source that names no key": (s3) => copy(s3, "target", { "x-amz-copy-source": s3.name }),
  "copy if another ETag matches": (s3) =>
    copy(s3, "target", { "x-amz-copy-source-if-match": '"00000000000000000000000000000000"' }),
  "copy unless the ETag matches": async (s3) => {
    const { etag = "" } = (await must(s3.head("source"))).headers;
    return copy(s3, "target", { "x-amz-copy-source-if-none-match": etag });
  },
  "copy if unmodified since long ago": (s3) =>
    copy(s3, "target", { "x-amz-copy-source-if-unmodified-since": "Sat, 01 Jan 2000 00:00:00 GMT" }),
  "copy from another bucket": async (s3) => {
    const bucket = `${s3.name}-2`;
    await must(s3.put("", { bucket }));
    await must(s3.put("there", { bucket, body: "from afar" }));
    await must(copy(s3, "target", { "x-amz-copy-source": `/${bucket}/there` }));
    return s3.get("target");
  },
});
