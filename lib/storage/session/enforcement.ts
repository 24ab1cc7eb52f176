import "server-only";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { createStorage, type Storage, storage } from "../client";
import { isNamed, storageError } from "../errors";
import { assumeRole, unsupported } from "./assume-role";
import { sessionPolicy } from "./policy";

/** AWS gives no shorter session. */
const trialSeconds = 900;
const trialName = "atoll-trial";
/** Nothing lies there: only whether it may be listed matters. */
const [own, foreign] = ["atoll/trial-own/", "atoll/trial-foreign/"];

const tried = new WeakMap<Storage, Map<string, Promise<boolean>>>();

/**
 * Tells whether this storage enforces session policies: a server that ignores them would give each program all that the role may. AWS
 * does, where no endpoint is configured. Every configured endpoint is tried once: a session limited to one prefix must be refused
 * another, which the role itself may list. The result is kept for the storage, unless the trial could not be made. Throws AppError UNAVAILABLE, UNSUPPORTED (no such role).
 */
export function enforcesSessionPolicies(roleArn: string, store: Storage = storage()): Promise<boolean> {
  if (store.config.endpoint === undefined) return Promise.resolve(true);
  const byRole = tried.get(store) ?? new Map<string, Promise<boolean>>();
  tried.set(store, byRole);
  const known = byRole.get(roleArn);
  if (known) return known;
  const trial = tryOut(roleArn, store);
  byRole.set(roleArn, trial);
  trial.catch(() => byRole.delete(roleArn));
  return trial;
}

async function tryOut(roleArn: string, store: Storage): Promise<boolean> {
  const wanted = { roleArn, sessionName: trialName, durationSeconds: trialSeconds };
  const policy = sessionPolicy({ bucket: store.bucket, prefix: own, region: store.region });
  const [limited, whole] = await Promise.all([assumeRole({ ...wanted, policy }, store), assumeRole(wanted, store)]);
  const may = (session: typeof limited, prefix: string) => mayList(store, session.credentials, prefix);
  const [limitedOwn, limitedForeign, wholeForeign] = await Promise.all([
    may(limited, own),
    may(limited, foreign),
    may(whole, foreign),
  ]);
  return limitedOwn && wholeForeign && !limitedForeign;
}

async function mayList(
  store: Storage,
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string },
  prefix: string,
): Promise<boolean> {
  const session = createStorage({ ...store.config, credentials });
  try {
    await session.client.send(new ListObjectsV2Command({ Bucket: store.bucket, Prefix: prefix, MaxKeys: 1 }));
    return true;
  } catch (error) {
    if (isNamed(error, "AccessDenied")) return false;
    // Its S3 does not know the sessions of its STS.
    if (isNamed(error, "InvalidToken", "InvalidAccessKeyId", "InvalidSecurity")) throw unsupported(error as Error);
    throw storageError(error);
  } finally {
    session.close();
  }
}
