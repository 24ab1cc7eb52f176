import { userIdOf } from "../access/principal";
import type { Identity } from "../auth/users";
import { canonicalId } from "../auth/users";
import type { Incoming } from "../protocol/incoming";
import { newRequestId } from "../store/database/ids";
import type { BucketRecord } from "../store/database/records";
import type { EventName } from "./events";

/** An event, as it is published. */
export interface PublishedEvent {
  readonly name: EventName;
  readonly configurationId: string;
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly change: Change;
  readonly origin: Origin;
  /** Milliseconds. */
  readonly at: number;
  /** Grows from event to event of the store. */
  readonly number: number;
}

/** What a write made or removed. Deletions have neither size nor ETag. */
export interface Change {
  readonly versionId?: string;
  readonly sizeBytes?: number;
  /** Without quotes. */
  readonly etag?: string;
}

/** The cause of a change: a request, or a lifecycle of the store itself (`s3`). */
export type Origin =
  | "s3"
  | { readonly request: Pick<Incoming, "requestId" | "remoteAddress">; readonly identity: Identity };

/** The name of S3 in place of a client's. */
const SELF = "s3.amazonaws.com";

/**
 * Renders S3's record of an event. Tagging and lifecycles are version 2.3 of the structure, everything else 2.1; tagging has no
 * sequencer.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function eventRecord(region: string, event: PublishedEvent): object {
  const { name, bucket, change, origin, at, number } = event;
  const isTagging = name.startsWith("ObjectTagging:");
  const requestId = origin === "s3" ? newRequestId() : origin.request.requestId;
  return {
    eventVersion: isTagging || name.startsWith("LifecycleExpiration:") ? "2.3" : "2.1",
    eventSource: "aws:s3",
    awsRegion: region,
    eventTime: new Date(at).toISOString(),
    eventName: name,
    userIdentity: { principalId: origin === "s3" ? SELF : principalId(origin.identity) },
    requestParameters: { sourceIPAddress: origin === "s3" ? SELF : origin.request.remoteAddress },
    responseElements: { "x-amz-request-id": requestId, "x-amz-id-2": requestId },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: event.configurationId,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: canonicalId(bucket.owner) },
        arn: `arn:aws:s3:::${bucket.name}`,
      },
      object: {
        key: encodeKey(event.key),
        ...(name.startsWith("ObjectCreated:") && { size: change.sizeBytes }),
        ...(change.etag !== undefined && { eTag: change.etag }),
        ...(bucket.versioning && { versionId: change.versionId }),
        ...(!isTagging && { sequencer: number.toString(16).toUpperCase().padStart(16, "0") }),
      },
    },
  };
}

function principalId(identity: Identity): string {
  return identity.kind === "anonymous" ? "Anonymous" : `AWS:${userIdOf(identity)}`;
}

/** Encodes a key as in a form, with a plus for a space, but with its slashes. */
function encodeKey(key: string): string {
  return new URLSearchParams({ key }).toString().slice("key=".length).replaceAll("%2F", "/");
}
