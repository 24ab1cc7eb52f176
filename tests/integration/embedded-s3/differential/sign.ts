import {
  ALGORITHM,
  canonicalRequest,
  type Scope,
  scopeText,
  sha256,
  signingKey,
  signText,
  stringToSign,
  uriEncode,
} from "@/lib/embedded/s3/auth/sigv4";

/** A request before it is signed; names of headers in lower case. */
export interface Unsigned {
  readonly method: string;
  /** Decoded, with the bucket. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

export interface Signer {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The headers of the request with its SigV4 signature among them; a given `x-amz-content-sha256` or `host` is kept. */
export function signedHeaders(request: Unsigned, host: string, signer: Signer, at: Date): Record<string, string> {
  const date = amzDate(at);
  const payloadHash = request.headers["x-amz-content-sha256"] ?? sha256(request.body);
  const headers = { host, ...request.headers, "x-amz-date": date, "x-amz-content-sha256": payloadHash };
  const names = Object.keys(headers).sort();
  const signature = sign({ ...request, headers, payloadHash }, names, date, signer);
  const credential = `${signer.accessKeyId}/${scopeText(scopeOf(date, signer))}`;
  const authorization = `${ALGORITHM} Credential=${credential},SignedHeaders=${names.join(";")},Signature=${signature}`;
  return { ...headers, authorization };
}

/** The query of the request with a SigV4 signature in it; all its headers are under the signature. */
export function presignedQuery(
  request: Unsigned,
  host: string,
  signer: Signer,
  options: { readonly at: Date; readonly expiresSeconds: number },
): Record<string, string> {
  const date = amzDate(options.at);
  const headers = { host, ...request.headers };
  const names = Object.keys(headers).sort();
  const query = {
    ...request.query,
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${signer.accessKeyId}/${scopeText(scopeOf(date, signer))}`,
    "X-Amz-Date": date,
    "X-Amz-Expires": String(options.expiresSeconds),
    "X-Amz-SignedHeaders": names.join(";"),
  };
  const signature = sign({ ...request, headers, query, payloadHash: "UNSIGNED-PAYLOAD" }, names, date, signer);
  return { ...query, "X-Amz-Signature": signature };
}

/** The fields that sign a POST policy. */
export function signedPolicy(policy: object, signer: Signer, at: Date): Record<string, string> {
  const encoded = Buffer.from(JSON.stringify(policy)).toString("base64");
  const scope = scopeOf(amzDate(at), signer);
  return { policy: encoded, "x-amz-signature": signText(signingKey(signer.secretAccessKey, scope), encoded) };
}

/** The fields a POST policy must name: who signs and when. */
export function policyFields(signer: Signer, at: Date): Record<string, string> {
  const date = amzDate(at);
  return {
    "x-amz-algorithm": ALGORITHM,
    "x-amz-credential": `${signer.accessKeyId}/${scopeText(scopeOf(date, signer))}`,
    "x-amz-date": date,
  };
}

/** A request target: path and query, percent-encoded as signatures want it. */
export function target(path: string, query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`);
  return path.split("/").map(uriEncode).join("/") + (pairs.length > 0 ? `?${pairs.join("&")}` : "");
}

function sign(
  request: Unsigned & { readonly payloadHash: string },
  names: readonly string[],
  date: string,
  signer: Signer,
): string {
  const scope = scopeOf(date, signer);
  const canonical = canonicalRequest({
    ...request,
    query: Object.entries(request.query),
    // Node sends the characters of a header as Latin-1; what is signed are those bytes.
    headers: names.map((name) => [name, Buffer.from(request.headers[name] ?? "", "latin1").toString("utf8")] as const),
  });
  return signText(signingKey(signer.secretAccessKey, scope), stringToSign(date, scope, sha256(canonical)));
}

function scopeOf(date: string, { region }: Signer): Scope {
  return { date: date.slice(0, 8), region, service: "s3" };
}

function amzDate(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}
