import type { RawAnswer } from "../../../harness";
import { must, type TestBucket } from "../../bucket";
import { operations } from "../../operation";

const configuration = (...rules: string[]) => `<LifecycleConfiguration>${rules.join("")}</LifecycleConfiguration>`;
/** A rule with a filter and actions. */
const rule = (filter: string, actions: string, id = "rule") =>
  `<Rule><ID>${id}</ID>${filter}<Status>Enabled</Status>${actions}</Rule>`;
const put = (s3: TestBucket, body: string) => s3.put("", { query: { lifecycle: "" }, body });
const get = (s3: TestBucket) => s3.get("", { query: { lifecycle: "" } });

const prefix = (text: string) => `<Prefix>${text}</Prefix>`;
const filter = (inner = "") => `<Filter>${inner}</Filter>`;
const and = (inner: string) => filter(`<And>${inner}</And>`);
const tag = (key: string) => `<Tag><Key>${key}</Key><Value>v</Value></Tag>`;
const size = (comparison: "GreaterThan" | "LessThan", bytes: number) =>
  `<ObjectSize${comparison}>${bytes}</ObjectSize${comparison}>`;
const expiration = (inner: string) => `<Expiration>${inner}</Expiration>`;
const days = (count: number | string) => expiration(`<Days>${count}</Days>`);
const date = (text: string) => expiration(`<Date>${text}</Date>`);
const markers = expiration("<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>");
const noncurrent = (inner: string) => `<NoncurrentVersionExpiration>${inner}</NoncurrentVersionExpiration>`;
const noncurrentDays = (count: number) => `<NoncurrentDays>${count}</NoncurrentDays>`;
const abort = (count: number) =>
  `<AbortIncompleteMultipartUpload><DaysAfterInitiation>${count}</DaysAfterInitiation></AbortIncompleteMultipartUpload>`;

const abortUploads = configuration(rule(filter(prefix("up/")), abort(3), "abort"));
const nothing = async () => undefined;
const puts = (table: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(table).map(([name, body]) => [`PUT of ${name}`, (s3: TestBucket) => put(s3, body)] as const),
  );
const gets = (table: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(table).map(
      ([name, body]) => [`GET of ${name}`, (s3: TestBucket) => must(put(s3, body)).then(() => get(s3))] as const,
    ),
  );

export const lifecycle = operations(nothing, {
  "GET of lifecycle rules where there are none": get,
  "PUT of a lifecycle rule": (s3) => put(s3, abortUploads),
  "DELETE of lifecycle rules": async (s3) => {
    await must(put(s3, abortUploads));
    return s3.delete("", { query: { lifecycle: "" } });
  },
  "GET of lifecycle rules after their DELETE": async (s3) => {
    await must(put(s3, abortUploads));
    await must(s3.delete("", { query: { lifecycle: "" } }));
    return get(s3);
  },
  ...gets({
    "a lifecycle rule": abortUploads,
    "a rule that expires": configuration(rule(filter(prefix("a/")), days(30))),
    "a rule that expires by the prefix of old": configuration(rule(prefix("a/"), days(30))),
    "a rule that expires at a date": configuration(rule(filter(prefix("a/")), date("2030-01-01T00:00:00.000Z"))),
    "a rule that expires lone markers": configuration(rule(filter(prefix("a/")), markers)),
    "a rule that expires replaced versions": configuration(rule(filter(prefix("a/")), noncurrent(noncurrentDays(3)))),
    "a rule that expires by a tag": configuration(rule(filter(tag("k")), days(1))),
    "a rule that expires by a prefix and tags": configuration(rule(and(prefix("a/") + tag("k") + tag("l")), days(1))),
    "a rule that does several things": configuration(
      rule(filter(prefix("a/")), days(3) + noncurrent(noncurrentDays(3)) + abort(3)),
    ),
    "several rules": configuration(rule(filter(prefix("a/")), days(3), "a"), rule(filter(prefix("b/")), days(5), "b")),
  }),
  ...puts({
    "a lifecycle rule without an action": configuration(rule(filter(prefix("up/")), "")),
    "a lifecycle rule with an unknown status": abortUploads.replace("Enabled", "Sometimes"),
    "lifecycle rules that are no XML": "<LifecycleConfiguration>",
    "no lifecycle rules": configuration(),
    "two lifecycle rules with one id": configuration(
      rule(filter(prefix("a/")), days(1)),
      rule(filter(prefix("b/")), days(1)),
    ),
    "a rule with an id of 256 characters": configuration(rule(filter(prefix("a")), days(1), "x".repeat(256))),
    "a rule without a filter": configuration(rule("", days(1))),
    "a rule with a filter and a prefix of old": configuration(rule(filter(prefix("a")) + prefix("a"), days(1))),
    "a rule with a filter of two": configuration(rule(filter(prefix("a") + tag("k")), days(1))),
    "a rule with one tag twice": configuration(rule(and(tag("k") + tag("k")), days(1))),
    "a rule that expires after zero days": configuration(rule(filter(prefix("a")), days(0))),
    "a rule that expires after days that are no number": configuration(rule(filter(prefix("a")), days("soon"))),
    "a rule that expires after days and at a date": configuration(
      rule(filter(prefix("a")), expiration("<Days>1</Days><Date>2030-01-01T00:00:00Z</Date>")),
    ),
    "a rule that expires at noon": configuration(rule(filter(prefix("a")), date("2030-01-01T12:00:00Z"))),
    "a rule that expires at no date": configuration(rule(filter(prefix("a")), date("soon"))),
    "a rule with an empty expiration": configuration(rule(filter(prefix("a")), expiration(""))),
    "a rule that expires lone markers by a tag": configuration(rule(filter(tag("k")), markers)),
    "a rule that expires replaced versions after zero days": configuration(
      rule(filter(prefix("a")), noncurrent(noncurrentDays(0))),
    ),
    "a rule that expires replaced versions after no days": configuration(rule(filter(prefix("a")), noncurrent(""))),
    "a rule that aborts uploads by a tag": configuration(rule(filter(tag("k")), abort(1))),
    "a rule that aborts uploads after zero days": configuration(rule(filter(prefix("a")), abort(0))),
  }),
});

/** Rules of kinds that Ceph does not keep. */
export const lifecycleLeftOut = operations(nothing, {
  ...gets({
    "a rule that expires by sizes": configuration(rule(and(size("GreaterThan", 1) + size("LessThan", 100)), days(1))),
    "a rule that keeps replaced versions": configuration(
      rule(filter(prefix("a")), noncurrent(`${noncurrentDays(1)}<NewerNoncurrentVersions>5</NewerNoncurrentVersions>`)),
    ),
  }),
});

const expiring = async (s3: TestBucket) => {
  await must(put(s3, configuration(rule(filter(prefix("a/")), days(30), "month"))));
  await must(s3.put("a/1", { body: "x" }));
};
/** The dates differ where one of two answers comes after midnight; that there is one, and by which rule, is compared. */
const withExpiration = async (answer: Promise<RawAnswer>): Promise<RawAnswer> => {
  const given = await must(answer);
  const text = String(given.headers["x-amz-expiration"]).replace(/"[^"]* GMT"/, "(date)");
  return { ...given, headers: {}, text };
};

export const lifecycleAnswers = operations(expiring, {
  "GET of an object that will expire": (s3) => withExpiration(s3.get("a/1")),
  "HEAD of an object that will expire": (s3) => withExpiration(s3.send("HEAD", "a/1")),
  "PUT of an object that will expire": (s3) => withExpiration(s3.put("a/2", { body: "x" })),
  "GET of an object that will not expire": async (s3) => {
    await must(s3.put("b/1", { body: "x" }));
    return withExpiration(s3.get("b/1"));
  },
});
