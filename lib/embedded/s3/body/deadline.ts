import type { Identity } from "../auth/users";
import { S3Error } from "../protocol/errors";

/** When a body must have arrived, in milliseconds, and what a later one is refused with. */
export interface Deadline {
  readonly at: number;
  readonly error: () => S3Error;
}

/** How long after the expiry of its policy a form may still send its file. Forms are small: 64 MiB take 75 kB/s. */
const FORM_GRACE_MS = 15 * 60_000;
/**
 * How long after the expiry of its URL or session a PUT may still send its body. S3 looks at the expiry when a request
 * begins and lets it end whenever it ends. This bound leaves 5 GiB enough time at 125 kB/s, and a client that waits a day after
 * the last expiry knows that nothing more arrives.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
 */
const SIGNED_GRACE_MS = 12 * 60 * 60_000;

/**
 * The deadline of a request's body, `undefined` for one signed with a user's own key in its headers.
 * @param urlExpiresAt of a presigned URL, milliseconds
 */
export function signedDeadline(identity: Identity, urlExpiresAt = Number.POSITIVE_INFINITY): Deadline | undefined {
  const { at, error } = earlier({ at: urlExpiresAt, error: requestExpired }, sessionEnd(identity));
  return at === Number.POSITIVE_INFINITY ? undefined : { at: at + SIGNED_GRACE_MS, error };
}

/** The deadline of a form's file. @param policyExpiresAt milliseconds */
export function formDeadline(identity: Identity, policyExpiresAt: number): Deadline {
  const { at, error } = earlier({ at: policyExpiresAt, error: policyExpired }, sessionEnd(identity));
  return { at: at + FORM_GRACE_MS, error };
}

function sessionEnd(identity: Identity): Deadline {
  const at = identity.kind === "session" ? identity.session.expiresAt : Number.POSITIVE_INFINITY;
  return { at, error: () => new S3Error("ExpiredToken") };
}

const earlier = (one: Deadline, other: Deadline) => (one.at <= other.at ? one : other);
const requestExpired = () => new S3Error("AccessDenied", "Request has expired");
export const policyExpired = () => new S3Error("AccessDenied", "Invalid according to Policy: Policy expired.");

/**
 * Passes a body on until its deadline. No timer is needed: a connection without a byte for 60 s is closed anyway.
 * @throws S3Error that of the deadline, also for an end that comes too late
 */
export function until(deadline: Deadline | undefined, chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return deadline ? checked(deadline, chunks) : chunks;
}

async function* checked(
  { at, error }: Deadline,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    if (Date.now() > at) throw error();
    yield chunk;
  }
  if (Date.now() > at) throw error();
}
