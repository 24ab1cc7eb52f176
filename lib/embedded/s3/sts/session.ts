import { parsePolicy } from "@/lib/policy/document";
import { type Claims, MAX_CLAIMS_BYTES, packedBytes, type SessionSubject } from "../auth/session-token";
import type { Credentials } from "../auth/sessions";
import { leaf, tag } from "../protocol/xml-write";
import { isoSeconds, type QueryCall } from "../query/action";
import { QueryError } from "../query/errors";

/** Limits of an inline session policy. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const policyRule = { min: 1, max: 2048, pattern: /^[\t\n\r\u0020-\u00ff]+$/ };

/** Names of sessions and of federated users. */
export function sessionNameRule(max: number) {
  return { min: 2, max, pattern: /^[\w+=,.@-]*$/ };
}

/**
 * Issues a session and describes it as an answer's elements.
 * @throws QueryError PackedPolicyTooLarge, ValidationError; PolicyError
 */
export function issueSession(call: QueryCall, subject: SessionSubject, durationSeconds: number): string[] {
  const { caller, service, request } = call;
  const policy = call.parameters.optional("Policy", policyRule);
  if (policy !== undefined) parsePolicy(policy, "identity");
  const issuedAt = Math.floor(request.receivedAt / 1000) * 1000;
  const claims: Claims = {
    ...subject,
    by: caller.kind === "user" ? caller.name : caller.session.by,
    issuedAt,
    expiresAt: issuedAt + durationSeconds * 1000,
    ...(policy !== undefined && { policy: JSON.stringify(JSON.parse(policy)) }),
  };
  const packedPercent = Math.ceil((packedBytes(claims) / MAX_CLAIMS_BYTES) * 100);
  if (packedPercent > 100) {
    throw new QueryError("PackedPolicyTooLarge", `Packed size of the policy is ${packedPercent}% of the limit`);
  }
  const credentials = renderCredentials(service.sessions.issue(claims));
  return [credentials, leaf("PackedPolicySize", policy === undefined ? undefined : packedPercent)];
}

function renderCredentials({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Credentials): string {
  return tag(
    "Credentials",
    leaf("AccessKeyId", accessKeyId),
    leaf("SecretAccessKey", secretAccessKey),
    leaf("SessionToken", sessionToken),
    leaf("Expiration", isoSeconds(expiresAt)),
  );
}
