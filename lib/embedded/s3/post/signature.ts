import { type AuthSettings, parseCredential } from "../auth/authenticate";
import { findSigner } from "../auth/signer";
import { ALGORITHM, constantTimeEqual, parseAmzDate, signingKey, signText } from "../auth/sigv4";
import type { Identity } from "../auth/users";
import { S3Error } from "../protocol/errors";

const MAX_AHEAD_MS = 15 * 60_000;

/**
 * Verifies the signature of a form, which covers the policy in base64, and returns its caller.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 * @param now milliseconds
 * @throws S3Error InvalidArgument, InvalidAccessKeyId, InvalidToken, ExpiredToken, SignatureDoesNotMatch
 */
export function verifyForm(fields: ReadonlyMap<string, string>, settings: AuthSettings, now: number): Identity {
  const field = (name: string) => {
    const value = fields.get(name);
    if (value) return value;
    throw new S3Error("InvalidArgument", `Bucket POST must contain a field named '${name}'.`, { ArgumentName: name });
  };
  if (fields.has("awsaccesskeyid")) {
    throw new S3Error(
      "InvalidRequest",
      `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    );
  }
  const [policy, date, signature] = [field("policy"), field("x-amz-date"), field("x-amz-signature")];
  if (field("x-amz-algorithm") !== ALGORITHM)
    throw new S3Error("InvalidArgument", `x-amz-algorithm only supports ${ALGORITHM}.`);
  const signedAt = parseAmzDate(date);
  if (signedAt === undefined) throw new S3Error("InvalidArgument", "x-amz-date must be in the ISO8601 Long Format.");
  if (signedAt - now > MAX_AHEAD_MS) throw new S3Error("AccessDenied", "Request is not valid yet");
  const { accessKeyId, scope } = parseCredential(field("x-amz-credential"), date, settings, "InvalidArgument");
  const signer = findSigner(settings, accessKeyId, fields.get("x-amz-security-token"), now);
  if (!constantTimeEqual(signText(signingKey(signer.secretAccessKey, scope), policy), signature)) {
    throw new S3Error("SignatureDoesNotMatch", undefined, { AWSAccessKeyId: accessKeyId });
  }
  return signer.identify("POST", signedAt);
}
