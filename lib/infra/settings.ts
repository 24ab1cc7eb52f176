import type { PublicAccess } from "@/lib/storage/bucket-settings";
import { denyForeignReferers, denyInsecureTransport, type Statement } from "./policy";

/** The settings of a bucket. README.md in this folder is their manual. */
export type BucketSettings = {
  bucket: string;
  /** Origins of the site, such as `https://photos.example.org`: their pages may upload and show objects. */
  origins: readonly string[];
  ownership: "BucketOwnerEnforced";
  publicAccess: PublicAccess;
  versioning: "Enabled";
  /** Rules by id; rules with other ids in the bucket stay unchanged. */
  cors: readonly CorsRule[];
  /** Statements by Sid; statements with other Sids in the bucket stay unchanged. */
  policy: readonly Statement[];
  /** Rules by id; rules with other ids in the bucket stay unchanged. */
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

/** The ids of Atoll's rules and statements start with this. Others are never changed. */
export const ownedIdPrefix = "Atoll";

/**
 * Returns the settings of the media bucket: private, versioned, usable from the site's pages only. `origins` are the site's
 * (scheme, host, port); `secure` tells whether browsers and this process all use https. Throws TypeError for an invalid
 * origin and for no origin.
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
        // Longer than an upload can stay open (uploadPolicy.uploadMaxLifeSeconds). The reaper removes what ended earlier.
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 61 },
      },
    ],
  };
}

function bareOrigin(text: string): string {
  const { origin, protocol } = new URL(text);
  // URL accepts `*` in a host, and CORS and policies take it for a wildcard.
  if (!["http:", "https:"].includes(protocol) || origin !== text.replace(/\/$/, "") || /[*?$]/.test(origin))
    throw new TypeError(`${text} is not an origin like https://photos.example.org`);
  return origin;
}
