import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { env } from "@/lib/env";
import { recordEvent } from "@/lib/event/commands";
import { bucketPermit } from "@/lib/owner/commands";
import { uploadPrefix } from "@/lib/storage/keys";
import { requireSessions, uploadSession } from "@/lib/storage/session/upload-session";
import { openUploadOf } from "../queries";
import { extendUpload, recordCredentials, requireRoom } from "../rows";
import { type ContainerCredentials, sessionSeconds, type UploadCredentials } from "./schema";

/** By how much the clocks of site and storage may differ, with the time that the storage takes to answer. */
const clockSeconds = 5 * 60;

/**
 * Grants temporary credentials of the storage for an open upload of the viewer's: they write under its prefix and can do nothing else.
 * They live on when the upload is sealed or canceled; what they write then becomes no media, and is removed. Throws NOT_FOUND, CONFLICT
 * or GONE (not open), TOO_LARGE (more is stored than there is room for), READ_ONLY, UNSUPPORTED (this site's storage cannot), UNAVAILABLE.
 */
export async function grantCredentials(
  viewer: Viewer,
  uploadId: string,
  { durationSeconds = sessionSeconds.most }: { durationSeconds?: number | undefined } = {},
): Promise<UploadCredentials> {
  const upload = await openUploadOf(viewer, uploadId);
  await requireRoom(upload);
  const permit = await bucketPermit(viewer);
  const { S3_ROLE_ARN } = env();
  // Before anything is recorded of credentials that this site cannot give.
  const roleArn = await requireSessions(S3_ROLE_ARN);
  await extendUpload(upload);
  await recordCredentials(upload.id, new Date(Date.now() + (durationSeconds + clockSeconds) * 1_000));
  const prefix = uploadPrefix(upload.collectionId, upload.id);
  const sessionName = `atoll-${upload.id}`;
  const granted = await uploadSession(permit, { roleArn, prefix, sessionName, durationSeconds });
  const { credentials, packedPolicyPercent, ...place } = granted;
  const { id, collectionId } = upload;
  await recordEvent(db(), viewer, {
    action: "upload.credentialsGranted",
    ...{ subjectType: "upload", subjectId: id, collectionId },
    detail: { durationSeconds, packedPolicyPercent },
  });
  const { expiresAt, ...keys } = credentials;
  return { ...keys, expiration: expiresAt.toISOString(), ...place, prefix };
}

/** The same in the shape of a container's credentials, for an hour: SDKs of AWS renew them 5 to 15 minutes before they expire. */
export async function grantContainerCredentials(viewer: Viewer, uploadId: string): Promise<ContainerCredentials> {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = await grantCredentials(viewer, uploadId);
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration: expiration };
}
