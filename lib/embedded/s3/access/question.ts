import type { Identity } from "../auth/users";
import type { Incoming } from "../protocol/incoming";
import type { BucketRecord, ObjectRecord, UploadRecord } from "../store/database/records";

/** May this caller do `action` on `key` of `bucket` (or on the bucket itself)? */
export interface AccessQuestion {
  readonly request: Incoming;
  readonly identity: Identity;
  readonly bucket: BucketRecord;
  readonly action: string;
  readonly key?: string | undefined;
  /** The version it is about, when there is one: its ACL and tags count. */
  readonly record?: ObjectRecord | undefined;
  /** The multipart upload it is about: who began it may list its parts and abort it. */
  readonly upload?: UploadRecord | undefined;
  /** The version it is about, when the request names one. */
  readonly versionId?: string | undefined;
  /** What the signature says about the body. */
  readonly payloadHash?: string;
  /** The tags the request gives its object, where they are not those of its `x-amz-tagging`. */
  readonly tags?: RequestTags | undefined;
  /** Values of condition keys that are not those of the request, such as the parameters of AssumeRole. */
  readonly extra?: Readonly<Record<string, string | undefined>>;
  /** Finds the object that a write of the key would replace. */
  readonly replaced?: (() => ObjectRecord | undefined) | undefined;
}

/** Pairs of names and values. */
export type RequestTags = Iterable<readonly [string, string]>;
