import type { PublicAccess } from "@/lib/storage/bucket-settings";
import { denyForeignReferers, denyInsecureTransport, type Statement } from "./policy";

/** What Atoll wants of a bucket, as data. README.md beside this file is its manual. */
export type BucketSettings = {
  bucket: string;
  /** Origins of the site, `https://photos.example.org`: they may upload from and embed what is in the bucket. */
  origins: readonly string[];
  ownership: "BucketOwnerEnforced";
  publicAccess: PublicAccess;
  versioning: "Enabled";
  /** Rules by id; rules with other ids in the bucket are left alone. */
  cors: readonly CorsRule[];
  /** Statements by Sid; statements with other Sids in the bucket are left alone. */
  policy: readonly Statement[];
  /** Rules by id; rules with other ids in the bucket are left alone. */
  lifecycle: readonly LifecycleRule[];
};

type CorsRule = {
  ID: string;
  AllowedOrigins: string[];
  AllowedMethods: string[];
  AllowedHeaders: string[];
  ExposeHeaders: string[];
  MaxAgeSeconds: number;
};

type LifecycleRule = {
  ID: string;
  Status: "Enabled";
  Filter: { Prefix: string };
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: number };
};

/** What is Atoll's in a bucket's lists of rules bears this at the front of its id; everything else is somebody else's. */
export const ownedIdPrefix = "Atoll";

/**
 * The settings of the media bucket: private, versioned, usable from the site's pages only. `origins` are the site's own
 * (scheme, host, port), `secure` whether everybody, this
 * process included, reaches the storage by https. Throws TypeError for an origin that is none, or none at all.
 */
export function mediaBucket(input: { bucket: string; origins: readonly string[]; secure: boolean }): BucketSettings {
  const { bucket, secure } = input;
  const origins = [...new Set(input.origins.map(bareOrigin))].sort();
  if (origins.length === 0) throw new TypeError("a media bucket needs at least one origin of the site");
  return {
    bucket,
    origins,
    ownership: "BucketOwnerEnforced",
    publicAccess: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    versioning: "Enabled",
    cors: [
      {
        ID: `${ownedIdPrefix}Site`,
        AllowedOrigins: origins,
        AllowedMethods: ["GET", "HEAD", "POST", "PUT"],
        AllowedHeaders: ["*"],
        ExposeHeaders: ["ETag", "x-amz-checksum-sha256", "x-amz-request-id", "x-amz-version-id"],
        MaxAgeSeconds: 3600,
      },
    ],
    policy: [denyForeignReferers(bucket, origins), ...(secure ? [denyInsecureTransport(bucket)] : [])],
    lifecycle: [
      {
        ID: `${ownedIdPrefix}AbortStaleMultiparts`,
        Status: "Enabled",
        Filter: { Prefix: "" },
        // Longer than an upload may stay open (uploadPolicy.uploadMaxLifeSeconds); what ends earlier the reaper tidies itself.
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 61 },
      },
    ],
  };
}

function bareOrigin(text: string): string {
  const { origin, protocol } = new URL(text);
  // A star is a host to URL, and a wildcard to CORS and to the policy.
  if (!["http:", "https:"].includes(protocol) || origin !== text.replace(/\/$/, "") || /[*?$]/.test(origin))
    throw new TypeError(`${text} is not an origin like https://photos.example.org`);
  return origin;
}
