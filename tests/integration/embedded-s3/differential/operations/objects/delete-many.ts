import { createHash } from "node:crypto";
import type { RawAnswer } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const three = async (s3: TestBucket) => {
  for (const key of ["a", "b", "c d"]) await must(s3.put(key, { body: key }));
};
const objects = (keys: readonly string[]) => keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("");
const batch = (s3: TestBucket, body: string, headers?: Record<string, string>) =>
  s3.post("", {
    query: { delete: "" },
    body,
    headers: headers ?? { "content-md5": createHash("md5").update(body).digest("base64") },
  });

/** The answer in an order of its own: S3 promises none. */
const sorted = (answer: RawAnswer): RawAnswer => {
  const deleted = [...answer.text.matchAll(/<Deleted>.*?<\/Deleted>/gs)].map(([one]) => one).sort();
  return { ...answer, text: answer.text.replace(/<Deleted>.*<\/Deleted>/s, deleted.join("")) };
};

export const deleteMany = operations(three, {
  "deleting several, one of them missing": async (s3) =>
    sorted(await batch(s3, `<Delete>${objects(["a", "missing", "c d"])}</Delete>`)),
  "what is left after deleting several": async (s3) => {
    await must(batch(s3, `<Delete>${objects(["a", "c d"])}</Delete>`));
    return s3.get("", { query: { "list-type": "2" } });
  },
  "deleting several in silence": (s3) => batch(s3, `<Delete><Quiet>true</Quiet>${objects(["a", "b"])}</Delete>`),
  "deleting several without a checksum": (s3) => batch(s3, `<Delete>${objects(["a"])}</Delete>`, {}),
  "deleting several with a wrong Content-MD5": (s3) =>
    batch(s3, `<Delete>${objects(["a"])}</Delete>`, { "content-md5": createHash("md5").digest("base64") }),
  "deleting several by what is no XML": (s3) => batch(s3, "<Delete><Object>"),
  "deleting none": (s3) => batch(s3, "<Delete></Delete>"),
  "deleting 1,001": (s3) => batch(s3, `<Delete>${objects(Array.from({ length: 1001 }, (_, i) => `k${i}`))}</Delete>`),
  "deleting several in a missing bucket": (s3) => {
    const body = `<Delete>${objects(["a"])}</Delete>`;
    const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
    return s3.post("", { bucket: `${s3.name}-missing`, query: { delete: "" }, body, headers });
  },
});
