import { expect, it } from "vitest";
import { lifecycleDangers } from "@/lib/infra/lifecycle-dangers";
import type { BucketLifecycleRule } from "@/lib/storage/bucket-settings";

const rule = (more: Partial<BucketLifecycleRule>): BucketLifecycleRule => ({ ID: "tidy", Status: "Enabled", ...more });
const day = { Days: 30 };

it.each<[string, Partial<BucketLifecycleRule>, RegExp]>([
  [
    "expires everything",
    { Expiration: day },
    /"tidy" of the whole bucket is not Atoll's and expires files after 30 days\./,
  ],
  [
    "expires on a date",
    { Filter: { Prefix: "" }, Expiration: { Date: new Date("2027-01-02") } },
    /expires files on 2027-01-02/,
  ],
  ["reaches originals by an old-style prefix", { Prefix: "media/2024", Expiration: day }, /of "media\/2024" is not/],
  [
    "reaches them by a shorter prefix",
    { Filter: { And: { Prefix: "m", ObjectSizeGreaterThan: 1 } }, Expiration: day },
    /of "m"/,
  ],
  [
    "deletes versions",
    { Filter: { Prefix: "derived/" }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    /replaced versions after 1 day\b/,
  ],
  ["archives", { Transitions: [{ Days: 1, StorageClass: "DEEP_ARCHIVE" }] }, /moves files to DEEP_ARCHIVE/],
  ["archives versions", { NoncurrentVersionTransitions: [{ NoncurrentDays: 1, StorageClass: "GLACIER" }] }, /GLACIER/],
  [
    "ends uploads early",
    { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    /ends uploads of large files after 7 days/,
  ],
  ["has no ID", { ID: undefined, Expiration: day }, /rule number 1, without an ID, of/],
  ["does two things", { Expiration: day, NoncurrentVersionExpiration: { NoncurrentDays: 3 } }, /30 days and deletes/],
])("a rule that %s is named", (_, more, expected) => {
  const dangers = lifecycleDangers([rule(more)], 61);
  expect(dangers).toHaveLength(1);
  expect(dangers[0]).toMatch(expected);
  expect(dangers[0]).toMatch(
    / Files would be lost: remove the rule, or limit it to a prefix that Atoll does not use\.$/,
  );
});

it.each<[string, Partial<BucketLifecycleRule>]>([
  ["is off", { Status: "Disabled", Expiration: day }],
  ["has another prefix", { Filter: { Prefix: "backups/" }, Expiration: day }],
  ["is for tagged objects", { Filter: { Tag: { Key: "temporary", Value: "yes" } }, Expiration: day }],
  [
    "is for tagged objects under media/",
    { Filter: { And: { Prefix: "media/", Tags: [{ Key: "a", Value: "b" }] } }, Expiration: day },
  ],
  ["removes markers without versions", { Expiration: { ExpiredObjectDeleteMarker: true } }],
  ["moves files to a class that is read at once", { Transitions: [{ Days: 30, StorageClass: "GLACIER_IR" }] }],
  ["aborts as late as Atoll's own", { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 61 } }],
])("a rule that %s is none", (_, more) => {
  expect(lifecycleDangers([rule(more)], 61)).toEqual([]);
});
