import { ACCOUNT_ID } from "../auth/users";
import { parseCopySource } from "../protocol/copy-source-name";
import { headerText } from "../protocol/incoming";
import { principalCondition } from "./principal";
import type { AccessQuestion, RequestTags } from "./question";

const fromHeader = new Set([
  "s3:x-amz-acl",
  "s3:x-amz-metadata-directive",
  "s3:x-amz-storage-class",
  "s3:x-amz-server-side-encryption",
  "s3:x-amz-server-side-encryption-customer-algorithm",
  "s3:x-amz-grant-read",
  "s3:x-amz-grant-read-acp",
  "s3:x-amz-grant-write",
  "s3:x-amz-grant-write-acp",
  "s3:x-amz-grant-full-control",
  "s3:x-amz-object-ownership",
  "s3:x-amz-website-redirect-location",
  "s3:if-match",
  "s3:if-none-match",
]);
const fromQuery: Record<string, string> = {
  "s3:prefix": "prefix",
  "s3:delimiter": "delimiter",
  "s3:max-keys": "max-keys",
};

type Asked = Pick<AccessQuestion, "request" | "identity" | "record" | "extra" | "payloadHash" | "versionId" | "tags">;

/**
 * Returns a function that gives the values of a condition key in a request.
 * Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
 */
export function requestConditions(question: Asked): (key: string) => readonly string[] | undefined {
  const { request, identity, extra } = question;
  const header = (name: string) => {
    const value = request.header(name);
    return value === undefined ? undefined : headerText(value);
  };
  const signer = identity.kind === "anonymous" ? undefined : identity;
  const single = (key: string): string | undefined => {
    if (extra && Object.hasOwn(extra, key)) return extra[key];
    if (fromHeader.has(key)) return header(key.slice(3));
    const parameter = fromQuery[key];
    if (parameter !== undefined) return request.query.get(parameter);
    return environment(key) ?? ofObject(key) ?? tag(question, tags(), key);
  };
  /** Values as the request is executed, which can differ from its headers and URL. */
  const ofObject = (key: string): string | undefined => {
    if (key === "s3:versionid") return question.versionId;
    if (key === "s3:x-amz-content-sha256") return question.payloadHash;
    const source = key === "s3:x-amz-copy-source" ? header("x-amz-copy-source") : undefined;
    if (source === undefined) return undefined;
    const named = parseCopySource(source);
    return named ? `${named.bucket}/${named.key}` : source;
  };
  const tags = () => question.tags ?? new URLSearchParams(header("x-amz-tagging") ?? "");
  const environment = (key: string): string | undefined => {
    switch (key) {
      case "aws:referer":
        return header("referer");
      case "aws:useragent":
        return header("user-agent");
      case "aws:sourceip":
        return request.remoteAddress;
      case "aws:securetransport":
      case "aws:viaawsservice":
        return "false";
      case "aws:principalisawsservice":
        return signer && "false";
      case "aws:currenttime":
        return new Date(request.receivedAt).toISOString();
      case "aws:epochtime":
        return String(Math.floor(request.receivedAt / 1000));
      case "s3:resourceaccount":
        return ACCOUNT_ID;
      case "s3:authtype":
        return signer?.authType;
      case "s3:signatureversion":
        return signer && "AWS4-HMAC-SHA256";
      case "s3:signatureage":
        return signer && String(Math.max(0, request.receivedAt - signer.signedAt));
      default:
        return principalCondition(identity, key);
    }
  };
  return (key) => {
    if (key === "s3:requestobjecttagkeys") {
      const names = [...tags()].map(([name]) => name);
      return names.length > 0 ? names : undefined;
    }
    const value = single(key);
    return value === undefined ? undefined : [value];
  };
}

function tag({ record }: Asked, requestTags: RequestTags, key: string): string | undefined {
  const existing = "s3:existingobjecttag/";
  if (key.startsWith(existing)) return lookUp(Object.entries(record?.tags ?? {}), key.slice(existing.length));
  const requested = "s3:requestobjecttag/";
  if (!key.startsWith(requested)) return undefined;
  return lookUp([...requestTags], key.slice(requested.length));
}

/** Condition keys are compared without case. */
function lookUp(pairs: readonly (readonly [string, string])[], name: string): string | undefined {
  return pairs.find(([key]) => key.toLowerCase() === name)?.[1];
}
