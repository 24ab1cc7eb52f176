import * as sdk from "@aws-sdk/client-s3";
import { beforeAll } from "vitest";
import { bucketIn, type TestBucket } from "../conformance/fixture";
import type { TestStore } from "../harness";

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;

/** When whatever was made just now is so many days old, rounded up to midnight. */
export const aged = (days: number) => new Date(Date.now() + (days + 1) * DAY_MS);
/** Less than an hour before it can be. */
export const almostAged = (days: number) => new Date(Date.now() + days * DAY_MS - HOUR_MS);
/** A midnight that has passed. */
export const longAgo = new Date("2020-01-01T00:00:00Z");

export type Versioning = sdk.BucketVersioningStatus | undefined;

/** A bucket of a store with a life cycle. */
export interface LifecycleBucket {
  readonly bucket: TestBucket;
  setVersioning(status: Versioning): Promise<void>;
  setRules(...rules: Partial<sdk.LifecycleRule>[]): Promise<void>;
  remove(key: string, versionId?: string): Promise<string>;
  /** Everything there is of a prefix, newest first by key: `key`, what it holds (`-` for a delete marker), `*` if latest. */
  history(prefix?: string): Promise<string[]>;
}

/** A rule that is enabled, about the whole bucket unless it says otherwise. */
function enabled(rule: Partial<sdk.LifecycleRule>, index = 0): sdk.LifecycleRule {
  return { ID: `rule ${index}`, Status: "Enabled", Filter: { Prefix: "" }, ...rule };
}

export function lifecycleBucket(store: TestStore, name: string, versioning?: Versioning): LifecycleBucket {
  const bucket = bucketIn(store, name);
  const made: LifecycleBucket = {
    bucket,
    async setVersioning(Status) {
      if (Status) await bucket.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status } });
    },
    async setRules(...rules) {
      const LifecycleConfiguration = { Rules: rules.map(enabled) };
      await bucket.send(sdk.PutBucketLifecycleConfigurationCommand, { LifecycleConfiguration });
    },
    async remove(Key, VersionId) {
      return (await bucket.send(sdk.DeleteObjectCommand, { Key, VersionId })).VersionId ?? "";
    },
    async history(Prefix) {
      const page = await bucket.send(sdk.ListObjectVersionsCommand, { Prefix });
      if (page.IsTruncated) throw new Error("More than a page of versions.");
      const { Versions = [], DeleteMarkers = [] } = page;
      const bodies = Versions.map(async ({ Key = "", VersionId, IsLatest, LastModified }) => {
        const text = await bucket.text(Key, { VersionId });
        return { Key, VersionId, LastModified, shown: `${Key} ${text}${IsLatest ? " *" : ""}` };
      });
      const markers = DeleteMarkers.map(({ Key, VersionId, IsLatest }) => ({
        Key,
        VersionId,
        shown: `${Key} -${VersionId === "null" ? " null" : ""}${IsLatest ? " *" : ""}`,
      }));
      const latestFirst = (a: { shown: string }, b: { shown: string }) =>
        Number(b.shown.endsWith("*")) - Number(a.shown.endsWith("*"));
      return [...(await Promise.all(bodies)), ...markers].sort(latestFirst).map(({ shown }) => shown);
    },
  };
  beforeAll(() => made.setVersioning(versioning));
  return made;
}
