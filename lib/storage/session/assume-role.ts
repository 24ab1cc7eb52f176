import "server-only";
import { AssumeRoleCommand, STSClient, STSServiceException } from "@aws-sdk/client-sts";
import { AppError } from "@/lib/errors";
import { type Storage, storage } from "../client";
import { isAws } from "../endpoint";
import { removeSecrets, storageError } from "../errors";

type SessionCredentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAt: Date;
};

/** `packedPolicyPercent`: how much of the limit policy and tags take in the token, where the server says it. */
export type Session = { credentials: SessionCredentials; packedPolicyPercent: number | null };

type Wanted = {
  roleArn: string;
  /** 2 to 64 of A-Z a-z 0-9 _+=,.@-: in the logs of the storage, who wrote an object. */
  sessionName: string;
  durationSeconds: number;
  /** What the session may do of what the role may. Absent: all of it. */
  policy?: string;
};

/**
 * Assumes a role with the site's own credentials, at the STS of the storage: AWS's, or that of the S3 server itself.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * Throws AppError UNAVAILABLE; UNSUPPORTED where there is no STS, no such role, or the site may not assume it.
 */
export async function assumeRole(wanted: Wanted, store: Storage = storage()): Promise<Session> {
  const { roleArn, sessionName, durationSeconds, policy } = wanted;
  const { endpoint, region } = store.config;
  const client = new STSClient({
    region,
    // AWS has a host for STS, elsewhere the server of S3 is that of STS, too.
    ...(endpoint === undefined || isAws(endpoint) ? {} : { endpoint }),
    credentials: store.client.config.credentials,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 30_000 },
  });
  try {
    const answer = await client.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        DurationSeconds: durationSeconds,
        ...(policy === undefined ? {} : { Policy: policy }),
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) throw unsupported();
    return {
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiresAt: Expiration,
      },
      packedPolicyPercent: answer.PackedPolicySize ?? null,
    };
  } catch (error) {
    throw sessionError(error);
  } finally {
    client.destroy();
  }
}

const throttled =
  /^(Throttling\w*|RequestLimitExceeded|TooManyRequests\w*|SlowDown|ServiceUnavailable|InternalFailure)$/;
/** The site's own credentials are not valid now: expired, unknown, or its clock is wrong. */
const unknownCaller =
  /^(ExpiredToken\w*|RequestExpired|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient\w*|IncompleteSignature)$/;

function sessionError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (!(error instanceof STSServiceException)) return storageError(error);
  removeSecrets(error);
  const status = error.$metadata.httpStatusCode ?? 500;
  if (status >= 500 || status === 429 || throttled.test(error.name)) return busy(error);
  if (unknownCaller.test(error.name)) return rejected(error);
  return unsupported(error);
}

function busy(cause: unknown): AppError {
  const message =
    "The storage cannot make temporary credentials right now. Nothing is lost. Try again in a few seconds.";
  return new AppError("UNAVAILABLE", message, { cause, retryAfterSeconds: 5 });
}

function rejected(cause: unknown): AppError {
  const message =
    "The storage does not know this site's own credentials. Your saved data is safe. Tell the site's administrator.";
  return new AppError("INTERNAL", message, { cause });
}

const told = new Set<string>();

/** The answer where no credentials can be given: never wider ones. The operator finds the reason in the log, once. */
export function unsupported(cause?: Error): AppError {
  const reason = cause ? `${cause.name}: ${cause.message}` : "there is no role (S3_ROLE_ARN), or it cannot be limited";
  if (!told.has(reason)) console.error(`Temporary credentials cannot be given: ${reason}`);
  told.add(reason);
  const message =
    "This site cannot give temporary credentials of its storage. Upload with the POST policy or in parts instead: neither needs any.";
  return new AppError("UNSUPPORTED", message, cause === undefined ? {} : { cause });
}
