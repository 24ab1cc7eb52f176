import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const object = (s3: TestBucket) =>
  must(s3.put("a", { body: "hello", headers: { "x-amz-tagging": "colour=red&size=" } }));
const tagging = { tagging: "" };
const document = (tags: readonly (readonly [string, string])[]) =>
  `<Tagging><TagSet>${tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`).join("")}</TagSet></Tagging>`;
const many = (count: number) => Array.from({ length: count }, (_, i) => [`key-${i}`, "v"] as const);

export const tags = operations(object, {
  "GET of the tags": (s3) => s3.get("a", { query: tagging }),
  "GET of a tagged object counts its tags": (s3) => s3.get("a"),
  "PUT of tags": (s3) => s3.put("a", { query: tagging, body: document([["shape", "round"]]) }),
  "GET of the tags that were put": async (s3) => {
    await must(s3.put("a", { query: tagging, body: document([["shape", "röund &amp; flat"]]) }));
    return s3.get("a", { query: tagging });
  },
  "DELETE of the tags": (s3) => s3.delete("a", { query: tagging }),
  "GET of the tags after their DELETE": async (s3) => {
    await must(s3.delete("a", { query: tagging }));
    return s3.get("a", { query: tagging });
  },
  "GET of the tags of an object without": async (s3) => {
    await must(s3.put("b"));
    return s3.get("b", { query: tagging });
  },
  "GET of the tags of a missing key": (s3) => s3.get("missing", { query: tagging }),
  "PUT of 10 tags": (s3) => s3.put("a", { query: tagging, body: document(many(10)) }),
  "PUT of 11 tags": (s3) => s3.put("a", { query: tagging, body: document(many(11)) }),
  "PUT of a tag twice": (s3) =>
    s3.put("a", { query: tagging, body: document([["colour", "red"], ["colour", "blue"]]) }), // biome-ignore format: pairs
  "PUT of a tag with a key of 129 characters": (s3) =>
    s3.put("a", { query: tagging, body: document([["k".repeat(129), "v"]]) }),
  "PUT of tags that are no XML": (s3) => s3.put("a", { query: tagging, body: "<Tagging><TagSet>" }),
});
