import { describe, expect, it } from "vitest";
import { parseLifecycle, rulesOf } from "@/lib/embedded/s3/lifecycle/rules";
import { S3Error } from "@/lib/embedded/s3/protocol/errors";
import type { BucketRecord } from "@/lib/embedded/s3/store/database/records";

const configuration = (...rules: string[]) =>
  `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rules.join("")}</LifecycleConfiguration>`;
const rule = (inner: string, head = "<Status>Enabled</Status>") => `<Rule>${head}${inner}</Rule>`;
const bare: BucketRecord = { id: 1, name: "b", owner: "root", createdAt: 0 };
const bucket = (lifecycle: string): BucketRecord => ({ ...bare, lifecycle });
const read = (inner: string) => rulesOf(bucket(parseLifecycle(configuration(rule(inner)))))[0];

const abort = (days: string | number = 1) =>
  `<AbortIncompleteMultipartUpload><DaysAfterInitiation>${days}</DaysAfterInitiation></AbortIncompleteMultipartUpload>`;
const expiration = (inner: string) => `<Expiration>${inner}</Expiration>`;
const days = (count: string | number = 1) => expiration(`<Days>${count}</Days>`);
const date = (text: string) => expiration(`<Date>${text}</Date>`);
const marker = expiration("<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>");
const noncurrent = (inner: string) => `<NoncurrentVersionExpiration>${inner}</NoncurrentVersionExpiration>`;
const noncurrentDays = (count: string | number = 1) => `<NoncurrentDays>${count}</NoncurrentDays>`;
const newer = (count: string | number) => `<NewerNoncurrentVersions>${count}</NewerNoncurrentVersions>`;
const filter = (inner = "") => `<Filter>${inner}</Filter>`;
const and = (inner: string) => filter(`<And>${inner}</And>`);
const tag = (key: string, value = "v") => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
const larger = (bytes: string | number) => `<ObjectSizeGreaterThan>${bytes}</ObjectSizeGreaterThan>`;
const smaller = (bytes: string | number) => `<ObjectSizeLessThan>${bytes}</ObjectSizeLessThan>`;
const prefix = (text: string) => `<Prefix>${text}</Prefix>`;

describe("a rule", () => {
  it.each([
    ["of no filter but a prefix of old", prefix("old/") + days(), { prefix: "old/", tags: [] }],
    ["of an empty filter", filter() + days(), { prefix: "", tags: [] }],
    ["of a prefix", filter(prefix("a/")) + days(), { prefix: "a/", tags: [] }],
    ["of an empty prefix", filter(prefix("")) + days(), { prefix: "", tags: [] }],
    ["of a tag", filter(tag("k")) + days(), { prefix: "", tags: [["k", "v"]] }],
    ["of a least size", filter(larger(0)) + days(), { prefix: "", tags: [], largerThan: 0 }],
    ["of a greatest size", filter(smaller(1)) + days(), { prefix: "", tags: [], smallerThan: 1 }],
    [
      "of everything together",
      and(prefix("a/") + tag("k") + tag("l", "") + larger(10) + smaller(20)) + days(),
      {
        prefix: "a/",
        tags: [
          ["k", "v"],
          ["l", ""],
        ],
        largerThan: 10,
        smallerThan: 20,
      },
    ],
  ])("%s is about what that names", (_, inner, expected) => {
    expect(read(inner)?.filter).toEqual(expected);
  });

  it.each([
    ["after days", days(3650), { expiration: { kind: "days", days: 3650 } }],
    ["after days with whitespace", days(" 3\n"), { expiration: { kind: "days", days: 3 } }],
    ["at a date", date("2030-01-01T00:00:00.000Z"), { expiration: { kind: "date", at: Date.UTC(2030, 0, 1) } }],
    ["at a date without a time", date("2030-01-01"), { expiration: { kind: "date", at: Date.UTC(2030, 0, 1) } }],
    [
      "at a date of another zone",
      date("2030-01-01T02:00:00+02:00"),
      { expiration: { kind: "date", at: Date.UTC(2030, 0, 1) } },
    ],
    ["of markers", marker, { expiration: { kind: "markers" } }],
    ["of no markers", marker.replace("true", "false"), {}],
    ["of replaced versions", noncurrent(noncurrentDays(30)), { noncurrent: { days: 30, kept: 0 } }],
    [
      "of all replaced versions but some",
      noncurrent(newer(100) + noncurrentDays(30)),
      { noncurrent: { days: 30, kept: 100 } },
    ],
    ["of uploads", abort(7), { abortDays: 7 }],
    ["of several things", days(1) + abort(7), { expiration: { kind: "days", days: 1 }, abortDays: 7 }],
  ])("that asks for an end %s says so", (_, inner, expected) => {
    const { id: _id, isEnabled: _isEnabled, filter: _filter, ...actions } = read(filter() + inner) ?? { id: "" };
    expect(actions).toEqual(expected);
  });

  it("comes back as it was put, but for the whitespace between elements", () => {
    const put = `<Rule><ID>a &amp; b</ID>\n  ${and(prefix(" ü/ ") + tag("k"))} <Status>Disabled</Status>${days(2)}</Rule>`;
    expect(parseLifecycle(configuration(put))).toBe(put.replace("\n  ", "").replace("> <Status", "><Status"));
  });

  it("without an id, or with an empty one, is given one", () => {
    const ids = [rule(filter() + days()), rule(filter() + days(), "<ID/><Status>Enabled</Status>")].map(
      (one) => /^<Rule><ID>([0-9a-f]{32})<\/ID><Status>/.exec(parseLifecycle(configuration(one)))?.[1],
    );
    expect(new Set([...ids, undefined]).size).toBe(3);
  });

  it("that is disabled is not in force", () => {
    const disabled = rule(filter() + days(), "<Status>Disabled</Status>");
    expect(rulesOf(bucket(parseLifecycle(configuration(disabled))))).toEqual([]);
  });

  it("is read once for each record of its bucket", () => {
    const record = bucket(parseLifecycle(configuration(rule(filter() + days()))));
    expect(rulesOf(record)).toBe(rulesOf(record));
    expect(rulesOf(bare)).toEqual([]);
  });
});

describe("a configuration is refused", () => {
  const malformed = "MalformedXML";
  const argument = "InvalidArgument";
  const request = "InvalidRequest";
  it.each([
    ["without rules", configuration(), malformed],
    ["with 1,001 rules", configuration(...Array(1001).fill(rule(filter() + days()))), malformed],
    ["with another root", "<Lifecycle/>", malformed],
    ["with an unknown element beside its rules", configuration(rule(filter() + days()), "<Other/>"), malformed],
    [
      "with one id twice",
      configuration(...[1, 2].map(() => rule(filter() + days(), "<ID>a</ID><Status>Enabled</Status>"))),
      argument,
    ],
    [
      "with prefixes of old beside filters",
      configuration(rule(prefix("a") + days()), rule(filter() + days())),
      request,
    ],
    [
      "with an id of 256 characters",
      configuration(rule(filter() + days(), `<ID>${"x".repeat(256)}</ID><Status>Enabled</Status>`)),
      argument,
    ],
    ["with another status", configuration(rule(filter() + days(), "<Status>On</Status>")), malformed],
    ["with two statuses", configuration(rule(`<Status>Enabled</Status>${filter()}${days()}`)), malformed],
    ["without a filter", configuration(rule(days())), malformed],
    ["with a filter and a prefix of old", configuration(rule(filter() + prefix("") + days())), malformed],
    ["with an unknown element in a rule", configuration(rule(`${filter()}${days()}<Other/>`)), malformed],
    ["with a transition", configuration(rule(`${filter()}<Transition><Days>1</Days></Transition>`)), "NotImplemented"],
    [
      "with a transition of replaced versions",
      configuration(rule(`${filter()}<NoncurrentVersionTransition/>`)),
      "NotImplemented",
    ],
  ])("%s", (_, xml, code) => {
    expect(codeOf(() => parseLifecycle(xml))).toBe(code);
  });

  it.each([
    ["without an action", filter(), request],
    ["with two predicates outside And", filter(prefix("a") + tag("k")) + days(), malformed],
    ["with an And of one", and(prefix("a")) + days(), malformed],
    ["with an And in an And", filter(`<And>${prefix("a")}<And/></And>`) + days(), malformed],
    ["with two prefixes", and(prefix("a") + prefix("b")) + days(), malformed],
    ["with one tag twice", and(tag("k", "1") + tag("k", "2")) + days(), request],
    ["with a tag without a value", `${filter("<Tag><Key>k</Key></Tag>")}${days()}`, malformed],
    ["with a tag without a name", filter(tag("")) + days(), "InvalidTag"],
    ["with a prefix longer than a key", filter(prefix("x".repeat(1025))) + days(), request],
    ["with a size that is none", filter(larger("many")) + days(), malformed],
    ["with a size below zero", filter(larger(-1)) + days(), request],
    ["smaller than nothing", filter(smaller(0)) + days(), request],
    ["with sizes that leave nothing", and(larger(10) + smaller(10)) + days(), request],
    ["after zero days", filter() + days(0), argument],
    ["after minus one day", filter() + days(-1), argument],
    ["after days that are no number", filter() + days("1.5"), malformed],
    ["after more days than an xs:int holds", filter() + days(2 ** 31), malformed],
    ["with days and a date", filter() + expiration("<Days>1</Days><Date>2030-01-01</Date>"), malformed],
    [
      "with days and markers",
      filter() + expiration("<Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"),
      malformed,
    ],
    ["with an empty expiration", filter() + expiration(""), malformed],
    ["at a date that is none", filter() + date("2030-02-30T00:00:00Z"), malformed],
    ["at a time without a zone", filter() + date("2030-01-01T00:00:00"), malformed],
    ["at noon", filter() + date("2030-01-01T12:00:00Z"), argument],
    ["with markers that are neither true nor false", filter() + marker.replace("true", "yes"), malformed],
    ["of markers by a tag", filter(tag("k")) + marker, request],
    ["of markers by a size", filter(larger(1)) + marker, request],
    ["of replaced versions after no days", filter() + noncurrent(newer(1)), malformed],
    ["of replaced versions after zero days", filter() + noncurrent(noncurrentDays(0)), argument],
    ["of replaced versions but for none", filter() + noncurrent(noncurrentDays() + newer(0)), argument],
    ["of replaced versions but for 101", filter() + noncurrent(noncurrentDays() + newer(101)), argument],
    [
      "of replaced versions but for some by a prefix of old",
      prefix("") + noncurrent(noncurrentDays() + newer(1)),
      request,
    ],
    ["of uploads after zero days", filter() + abort(0), argument],
    ["of uploads after no days", `${filter()}<AbortIncompleteMultipartUpload/>`, malformed],
    ["of uploads by a tag", filter(tag("k")) + abort(), request],
    ["of uploads by a tag and a prefix", and(prefix("a") + tag("k")) + abort(), request],
    ["of uploads by a size", filter(smaller(5)) + abort(), request],
  ])("with a rule %s", (_, inner, code) => {
    expect(codeOf(() => parseLifecycle(configuration(rule(inner))))).toBe(code);
  });

  function codeOf(parse: () => unknown): string | undefined {
    try {
      parse();
    } catch (error) {
      if (error instanceof S3Error) return error.code;
      throw error;
    }
    return undefined;
  }
});
