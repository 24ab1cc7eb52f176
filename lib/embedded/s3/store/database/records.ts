import type { Checksum, ChecksumAlgorithm } from "../../hashing/checksum";

/** Where an object's bytes are: in the database, in one file, or in a list of files (a multipart object). */
export type DataRef =
  | { readonly kind: "inline"; readonly id: string }
  | { readonly kind: "file"; readonly id: string }
  | { readonly kind: "parts"; readonly id: string };

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Headers kept with an object and returned with it, by lower-case name. */
export type HeaderMap = Readonly<Record<string, string>>;

export type Permission = "FULL_CONTROL" | "READ" | "READ_ACP" | "WRITE" | "WRITE_ACP";

/** One line of an ACL. */
export interface Grant {
  /** URI of a group or canonical id of a user. */
  readonly grantee: string;
  readonly permission: Permission;
}

/** The name of a canned ACL, or the grants as they were set. */
export type Acl = string | readonly Grant[];

/** One version of an object. */
export interface ObjectRecord {
  /** `null` outside versioning, else 32 hexadecimal characters that begin with `order`. */
  readonly versionId: string;
  /** Grows from version to version of a key. */
  readonly order: number;
  /** Milliseconds, whole seconds as S3 has them. */
  readonly modifiedAt: number;
  readonly isDeleteMarker: boolean;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly owner: string;
  readonly data?: DataRef;
  /** content-type, cache-control, content-disposition, content-encoding, content-language, expires. */
  readonly headers: HeaderMap;
  /** User metadata, names without `x-amz-meta-`. */
  readonly metadata: HeaderMap;
  readonly tags?: HeaderMap;
  readonly checksum?: Checksum;
  readonly acl?: Acl;
  readonly partCount?: number;
  /** The multipart upload it was made of, by which a repeated completion is recognised. */
  readonly uploadId?: string;
}

/** The fields a writer sets; the store adds the place in the history. */
export type ObjectDraft = Omit<ObjectRecord, "versionId" | "order" | "modifiedAt" | "isDeleteMarker" | "data">;

export type Versioning = "Enabled" | "Suspended";

export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  readonly BlockPublicPolicy: boolean;
  readonly RestrictPublicBuckets: boolean;
}

export type Ownership = "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter";

export interface CorsRule {
  readonly id?: string;
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly expose: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** One entry of a bucket's notification configuration. */
export interface Subscription {
  readonly id: string;
  /** ARN of the topic. */
  readonly topic: string;
  /** `s3:ObjectCreated:Put`, `s3:ObjectCreated:*`, … */
  readonly events: readonly string[];
  readonly prefix?: string;
  readonly suffix?: string;
}

export interface BucketRecord {
  /** Never reused: a new bucket of the same name shares nothing with the old one. */
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly createdAt: number;
  readonly versioning?: Versioning;
  readonly ownership?: Ownership;
  readonly acl?: Acl;
  readonly cors?: readonly CorsRule[];
  /** JSON as it was put. */
  readonly policy?: string;
  /** Checked XML of the LifecycleConfiguration element. */
  readonly lifecycle?: string;
  /** Absent without subscriptions. */
  readonly notifications?: readonly Subscription[];
  readonly publicAccessBlock?: PublicAccessBlock;
  /** Absent without tags. */
  readonly tags?: HeaderMap;
}

/** A multipart upload that is neither completed nor aborted. */
export interface UploadRecord {
  readonly uploadId: string;
  readonly key: string;
  readonly initiatedAt: number;
  /** Of the object it will make. */
  readonly owner: string;
  /** Who began it, where that is another than `owner`; absent from records of older versions. */
  readonly initiator?: string;
  readonly headers: HeaderMap;
  readonly metadata: HeaderMap;
  readonly tags?: HeaderMap;
  readonly acl?: Acl;
  readonly checksumAlgorithm?: ChecksumAlgorithm;
  readonly checksumType?: "COMPOSITE" | "FULL_OBJECT";
}

export interface PartRecord {
  readonly number: number;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly modifiedAt: number;
  readonly data: DataRef;
  /** By the algorithm of the upload. */
  readonly checksum?: Checksum;
  /** The checksum the client sent, when it is by another algorithm. */
  readonly sent?: Checksum;
}

/** The files of a multipart object in order. */
export interface Layout {
  /** Algorithm of the parts' checksums; the object's when absent. */
  readonly checksumAlgorithm?: ChecksumAlgorithm;
  readonly parts: readonly {
    readonly number: number;
    readonly data: DataRef;
    readonly sizeBytes: number;
    readonly checksum?: string;
  }[];
}

/** A role of IAM. */
export interface RoleRecord {
  readonly name: string;
  /** `/` or `/a/b/`; part of the ARN. */
  readonly path: string;
  /** `AROA…`, never reused: the sessions of a removed role are not valid for a new role of the same name. */
  readonly id: string;
  readonly createdAt: number;
  readonly description?: string;
  readonly maxSessionSeconds: number;
  /** Who may assume it, JSON as it was put. */
  readonly trust: string;
  /** What its sessions may do, JSON as it was put. */
  readonly policies: readonly { readonly name: string; readonly document: string }[];
}

/** A topic of SNS and the receiver of its events. */
export interface TopicRecord {
  readonly arn: string;
  /** An http(s) URL. */
  readonly endpoint: string;
}

/** An undelivered event. */
export interface PendingEvent {
  /** Grows from event to event of the store. */
  readonly number: number;
  /** Milliseconds. */
  readonly queuedAt: number;
  /** In S3's structure, as it will be sent. */
  readonly record: object;
}
