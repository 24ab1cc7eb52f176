import "server-only";
import { type Storage, storage } from "../client";
import { awsOrigin } from "../endpoint";
import { type BucketPermit, requirePermit } from "../permit/permit";
import { assumeRole, type Session, unsupported } from "./assume-role";
import { enforcesSessionPolicies } from "./enforcement";
import { sessionPolicy } from "./policy";

type Wanted = { roleArn: string; prefix: string; sessionName: string; durationSeconds: number };

/** How a client reaches the bucket, with what it may do there. `endpoint` is an origin. */
export type UploadSession = Session & { endpoint: string; region: string; bucket: string; forcePathStyle: boolean };

/**
 * Returns the role for temporary credentials, once it is known that this storage limits its sessions. Throws AppError UNSUPPORTED without
 * a role, or where the storage does not enforce session policies: never wider credentials; UNAVAILABLE.
 */
export async function requireSessions(roleArn: string | undefined, store: Storage = storage()): Promise<string> {
  if (roleArn === undefined || !(await enforcesSessionPolicies(roleArn, store))) throw unsupported();
  return roleArn;
}

/**
 * Returns temporary credentials that can only write under a prefix (`sessionPolicy`), for 900 to 3,600 seconds. They cannot be taken
 * back: whoever has them can write until they expire. Throws AppError READ_ONLY, and as `requireSessions`.
 */
export async function uploadSession(
  permit: BucketPermit,
  { roleArn, prefix, sessionName, durationSeconds }: Wanted,
  store: Storage = storage(),
): Promise<UploadSession> {
  await requirePermit(permit, store);
  await requireSessions(roleArn, store);
  const { bucket, region } = store;
  const policy = sessionPolicy({ bucket, prefix, region });
  const session = await assumeRole({ roleArn, sessionName, durationSeconds, policy }, store);
  const { publicEndpoint, endpoint, forcePathStyle } = store.config;
  return { ...session, endpoint: publicEndpoint ?? endpoint ?? awsOrigin(region), region, bucket, forcePathStyle };
}
