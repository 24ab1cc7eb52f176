import { createHash, createHmac } from "node:crypto";
import type { SigningIdentity } from "@/lib/storage/sign";

/** A path-style call on an object. `query` selects the operation (`uploads`, `uploadId`, `partNumber`). */
export type SignedCall = {
  method: "GET" | "PUT" | "POST" | "DELETE";
  key: string;
  query?: Record<string, string>;
  /** Must be sent unchanged. */
  headers?: Record<string, string>;
};

/**
 * Returns a presigned URL, valid for 15 minutes, for any operation on an object. The peers create and complete multipart
 * uploads from the browser, which lib/storage never signs.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function presignCall(identity: SigningIdentity, call: SignedCall): string {
  const { method, key, query = {}, headers = {} } = call;
  const { accessKeyId, secretAccessKey, region, bucket, endpoint } = identity;
  const { origin, host } = new URL(endpoint ?? "");
  const date = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const scope = [date.slice(0, 8), region, "s3", "aws4_request"];
  const signedHeaders: Record<string, string> = { host, ...headers };
  const headerNames = Object.keys(signedHeaders).sort();
  const parameters: Record<string, string> = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
    "X-Amz-Credential": `${accessKeyId}/${scope.join("/")}`,
    "X-Amz-Date": date,
    "X-Amz-Expires": "900",
    "X-Amz-SignedHeaders": headerNames.join(";"),
    ...query,
  };
  const names = Object.keys(parameters).sort((a, b) => (a < b ? -1 : 1));
  const canonicalQuery = names.map((name) => `${encode(name)}=${encode(parameters[name] ?? "")}`).join("&");
  const path = `/${bucket}/${key.split("/").map(encode).join("/")}`;
  const headerLines = headerNames.map((name) => `${name}:${signedHeaders[name]}\n`).join("");
  const canonical = `${method}\n${path}\n${canonicalQuery}\n${headerLines}\n${headerNames.join(";")}\nUNSIGNED-PAYLOAD`;
  const hashed = createHash("sha256").update(canonical).digest("hex");
  const signingKey = scope.reduce<string | Buffer>((from, step) => hmac(from, step), `AWS4${secretAccessKey}`);
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope.join("/")}\n${hashed}`;
  return `${origin}${path}?${canonicalQuery}&X-Amz-Signature=${hmac(signingKey, toSign).toString("hex")}`;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
