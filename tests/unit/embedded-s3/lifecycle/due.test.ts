import { describe, expect, it } from "vitest";
import { dueAfter, parseDate } from "@/lib/embedded/s3/lifecycle/dates";
import { abortOf, expiryOf } from "@/lib/embedded/s3/lifecycle/due";
import type { Expiration, LifecycleRule } from "@/lib/embedded/s3/lifecycle/rule";
import type { ObjectRecord } from "@/lib/embedded/s3/store/database/records";

const at = (text: string) => new Date(text).getTime();

describe("days", () => {
  it.each([
    ["the example of S3's guide", "2014-01-15T10:30:00Z", 3, "2014-01-19T00:00:00Z"],
    ["a second after midnight", "2024-03-01T00:00:01Z", 1, "2024-03-03T00:00:00Z"],
    ["a second before midnight", "2024-03-01T23:59:59Z", 1, "2024-03-03T00:00:00Z"],
    ["at midnight itself", "2024-03-01T00:00:00Z", 1, "2024-03-02T00:00:00Z"],
    ["over the end of a leap February", "2024-02-28T12:00:00Z", 1, "2024-03-01T00:00:00Z"],
    ["over the end of another February", "2023-02-28T12:00:00Z", 1, "2023-03-02T00:00:00Z"],
    ["over the end of a year", "2023-12-30T12:00:00Z", 1, "2024-01-01T00:00:00Z"],
    ["where clocks elsewhere change", "2024-03-30T12:00:00Z", 1, "2024-04-01T00:00:00Z"],
    ["of ten years", "2014-01-15T10:30:00Z", 3650, "2024-01-14T00:00:00Z"],
  ])("end at the midnight after, UTC: %s", (_, start, days, end) => {
    expect(new Date(dueAfter(at(start), days)).toISOString()).toBe(new Date(end).toISOString());
  });

  it("that end beyond what dates can say end at the last of them", () => {
    expect(new Date(dueAfter(at("2024-01-01"), 2 ** 31 - 1)).getUTCFullYear()).toBe(275760);
  });
});

describe("a date", () => {
  it.each([
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2024-02-29T00:00:00.000Z", "2024-02-29T00:00:00.000Z"],
    ["2024-02-29T01:00+01:00", "2024-02-29T00:00:00.000Z"],
  ])("%s is read", (text, expected) => {
    expect(new Date(parseDate(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    "",
    "tomorrow",
    "2023-02-29",
    "2024-13-01",
    "2024-00-01",
    "2024-01-32",
    "24-01-01",
    "2024-01-01T25:00Z",
    "1704067200",
  ])("%j is none", (text) => expect(parseDate(text)).toBeUndefined());
});

const created = at("2024-01-10T12:00:00Z");
const record = (change: Partial<ObjectRecord> = {}): ObjectRecord => ({
  ...{ versionId: "null", order: 1, modifiedAt: created, isDeleteMarker: false, sizeBytes: 100, etag: "e" },
  ...{ owner: "root", headers: {}, metadata: {} },
  ...change,
});
type Scope = Partial<LifecycleRule["filter"]>;
const rule = (id: string, expiration: Expiration, filter: Scope = {}): LifecycleRule => ({
  ...{ id, isEnabled: true, expiration },
  filter: { prefix: "", tags: [], ...filter },
});
const inDays = (days: number): Expiration => ({ kind: "days", days });
const due = (rules: readonly LifecycleRule[], key: string, about: ObjectRecord = record()) => {
  const found = expiryOf(rules, key, about);
  return found && [found.rule.id, new Date(found.at).toISOString().slice(0, 10)];
};

describe("of several rules", () => {
  const rules = [
    rule("year", inDays(365)),
    rule("logs", inDays(30), { prefix: "logs/" }),
    rule("date", { kind: "date", at: at("2024-06-01") }, { prefix: "logs/b/" }),
    rule("tagged", inDays(2), { tags: [["temp", "yes"]] }),
    rule("large", inDays(1), { prefix: "big/", largerThan: 100 }),
    rule("small", inDays(3), { prefix: "big/", smallerThan: 100 }),
  ];

  it.each([
    ["that of the whole bucket", "a", {}, ["year", "2025-01-10"]],
    ["that of a prefix, which is earlier", "logs/a", {}, ["logs", "2024-02-10"]],
    ["the earlier one though another's date is set", "logs/b/1", {}, ["logs", "2024-02-10"]],
    ["that of a tag", "logs/a", { tags: { temp: "yes", more: "1" } }, ["tagged", "2024-01-13"]],
    ["none of a tag with another value", "a", { tags: { temp: "no" } }, ["year", "2025-01-10"]],
    ["none of a size that is just reached", "big/a", { sizeBytes: 100 }, ["year", "2025-01-10"]],
    ["that of larger ones", "big/a", { sizeBytes: 101 }, ["large", "2024-01-12"]],
    ["that of smaller ones", "big/a", { sizeBytes: 99 }, ["small", "2024-01-14"]],
    [
      "that of a marker, which has neither tags nor size",
      "big/a",
      { isDeleteMarker: true, sizeBytes: 0 },
      ["year", "2025-01-10"],
    ],
  ])("%s holds", (_, key, change, expected) => {
    expect(due(rules, key, record(change))).toEqual(expected);
  });

  it("none is about what no filter lets through", () => {
    expect(due([rule("logs", inDays(1), { prefix: "logs/" })], "log")).toBeUndefined();
  });

  it("one of markers ends those at once, and no object", () => {
    const markers = [rule("markers", { kind: "markers" })];
    expect(due(markers, "a")).toBeUndefined();
    expect(expiryOf(markers, "a", record({ isDeleteMarker: true }))?.at).toBe(created);
  });

  it("one of a date that has passed ends what is newer, too", () => {
    expect(due([rule("date", { kind: "date", at: at("2020-01-01") })], "a")).toEqual(["date", "2020-01-01"]);
  });

  it("the earliest aborts an upload", () => {
    const uploads = [
      { ...rule("week", inDays(1)), abortDays: 7 },
      { ...rule("day", inDays(1), { prefix: "in/" }), abortDays: 1 },
    ];
    const when = (key: string) => new Date(abortOf(uploads, key, created)?.at ?? 0).toISOString().slice(0, 10);
    expect([when("in/a"), when("out/a")]).toEqual(["2024-01-12", "2024-01-18"]);
  });
});
