import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";
import { withAcls } from "./access";

/** Whether a key is there, asked by those who may and those who may not list the bucket. */

const arn = (s3: TestBucket) => `arn:aws:s3:::${s3.name}`;
const put = (s3: TestBucket, ...statements: object[]) => {
  const Statement = statements.map((one) => ({ Effect: "Allow", Principal: "*", ...one }));
  return must(s3.put("", { query: { policy: "" }, body: JSON.stringify({ Version: "2012-10-17", Statement }) }));
};
const reading = (s3: TestBucket) => ({ Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: `${arn(s3)}/*` });
const listing = (s3: TestBucket) => ({ Action: "s3:ListBucket", Resource: arn(s3) });
const asOther = { signer: "other" } as const;
const tries = {
  "anonymous GET": (s3: TestBucket) => s3.get("missing", { signer: "none" }),
  "anonymous HEAD": (s3: TestBucket) => s3.head("missing", { signer: "none" }),
  "another's GET": (s3: TestBucket) => s3.get("missing", asOther),
  "another's HEAD": (s3: TestBucket) => s3.head("missing", asOther),
};
const copy = async (s3: TestBucket, source: string) => {
  await must(s3.put("", { bucket: `${s3.name}-others`, ...asOther }));
  const headers = { "x-amz-copy-source": `/${s3.name}/${source}` };
  return s3.put("copy", { bucket: `${s3.name}-others`, ...asOther, headers });
};

const rows = (what: string, given: (s3: TestBucket) => Promise<unknown>) =>
  Object.entries(tries).map(
    ([name, attempt]) =>
      [
        `${name} of a missing key by those who ${what}`,
        async (s3: TestBucket) => {
          await given(s3);
          return attempt(s3);
        },
      ] as const,
  );

export const missingKeys = operations(withAcls, {
  ...Object.fromEntries([
    ...rows("may do nothing", async () => undefined),
    ...rows("may read by policy", (s3) => put(s3, reading(s3))),
    ...rows("may list by policy", (s3) => put(s3, listing(s3))),
    ...rows("may read and list by policy", (s3) => put(s3, reading(s3), listing(s3))),
    ...rows("may list by ACL", (s3) =>
      must(s3.put("", { query: { acl: "" }, headers: { "x-amz-acl": "public-read" } })),
    ),
  ]),
  "GET of a key that is there by those who may list alone": async (s3) => {
    await put(s3, listing(s3));
    return s3.get("public/a.txt", asOther);
  },
  "copy of a missing key by those who may read": async (s3) => {
    await put(s3, reading(s3));
    return copy(s3, "missing");
  },
  "copy of a missing key by those who may read and list": async (s3) => {
    await put(s3, reading(s3), listing(s3));
    return copy(s3, "missing");
  },
});
