import { S3Error } from "../protocol/errors";
import type { Incoming } from "../protocol/incoming";
import type { SessionDirectory } from "./sessions";
import type { AuthType, Identity, UserDirectory } from "./users";

/** The secret a signature must be made with, and its caller. */
export interface Signer {
  readonly secretAccessKey: string;
  /** @param signedAt when the signature was made, in milliseconds */
  identify(authType: AuthType, signedAt: number): Identity;
}

export interface Directories {
  readonly users: UserDirectory;
  /** Without it session tokens are rejected. */
  readonly sessions?: SessionDirectory;
}

/**
 * Finds the user or session of an access key.
 * @param token the session token that came with it; users have none
 * @param now milliseconds
 * @throws S3Error InvalidAccessKeyId, InvalidToken, ExpiredToken
 */
export function findSigner(
  { users, sessions }: Directories,
  accessKeyId: string,
  token: string | undefined,
  now: number,
): Signer {
  const user = users.find(accessKeyId);
  if (user) {
    if (token !== undefined) throw new S3Error("InvalidToken");
    const { secretAccessKey } = user;
    return { secretAccessKey, identify: (authType, signedAt) => users.identify(user, authType, signedAt) };
  }
  if (!sessions) throw new S3Error("InvalidAccessKeyId", undefined, { AWSAccessKeyId: accessKeyId });
  const opened = sessions.open(accessKeyId, token, now);
  return {
    secretAccessKey: sessions.secretOf(accessKeyId),
    identify: (authType, signedAt) => ({ kind: "session", ...opened, accessKeyId, authType, signedAt }),
  };
}

/** The session token of a request, in a header or in the query; both are signed. @throws S3Error InvalidToken for two */
export function sessionToken(request: Incoming): string | undefined {
  const inQuery = request.query.get("X-Amz-Security-Token");
  const inHeader = request.header("x-amz-security-token");
  if (inQuery !== undefined && inHeader !== undefined) throw new S3Error("InvalidToken");
  return inQuery ?? inHeader;
}
