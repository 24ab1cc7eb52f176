import { createHash, createHmac } from "node:crypto";
import { type RawAnswer, raw, root } from "../harness";

/** STS, IAM and SNS without an SDK: signed requests of the query protocol, written down from AWS's documentation. */

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface QueryOptions {
  readonly as?: Credentials;
  readonly method?: "GET" | "POST";
  /** Service in the scope of the signature, if not the one the version belongs to. */
  readonly service?: string;
  readonly signedAt?: number;
  /** Changes the body after it was signed. */
  readonly tamper?: (body: string) => string;
}

const versions = { sts: "2011-06-15", iam: "2010-05-08", sns: "2010-03-31" };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: Buffer | string, text: string) => createHmac("sha256", key).update(text).digest();

/** Signs and sends `Action=…&Version=…` with the other parameters. */
export function query(
  endpoint: string,
  api: keyof typeof versions,
  parameters: Record<string, string>,
  options: QueryOptions = {},
): Promise<RawAnswer> {
  const { as = root, method = "POST", service = api, signedAt = Date.now(), tamper = (body: string) => body } = options;
  // URLSearchParams writes a space as +, which SigV4's canonical query does not know.
  const text = new URLSearchParams({ Version: versions[api], ...parameters }).toString().replaceAll("+", "%20");
  const sorted = text.split("&").sort().join("&");
  const [search, body] = method === "GET" ? [sorted, ""] : ["", text];
  const amzDate = new Date(signedAt).toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${amzDate.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  const headers: Record<string, string> = {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    host: new URL(endpoint).host,
    "x-amz-date": amzDate,
    ...("sessionToken" in as && as.sessionToken && { "x-amz-security-token": as.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const canonical = [method, "/", search, lines, names.join(";"), sha256(body)].join("\n");
  const key = scope.split("/").reduce<Buffer | string>(hmac, `AWS4${as.secretAccessKey}`);
  const signature = hmac(key as Buffer, `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256(canonical)}`).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${as.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  const url = `${endpoint}/${search && `?${search}`}`;
  return raw(method, url, { headers: { ...headers, authorization }, ...(method === "POST" && { body: tamper(body) }) });
}

/** The text of the first element of that name. */
export function field(answer: RawAnswer, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer.text)?.[1];
}

/** `200`, or status and code of an error. */
export function outcome(answer: RawAnswer): string {
  return answer.code === undefined ? String(answer.status) : `${answer.status} ${answer.code}`;
}

/** Asks STS for credentials. @throws Error when it refuses */
export async function credentials(
  endpoint: string,
  parameters: Record<string, string>,
  options: QueryOptions = {},
): Promise<Required<Credentials>> {
  const answer = await query(endpoint, "sts", parameters, options);
  const values = ["AccessKeyId", "SecretAccessKey", "SessionToken"].map((name) => field(answer, name));
  const [accessKeyId, secretAccessKey, sessionToken] = values;
  if (!accessKeyId || !secretAccessKey || !sessionToken) throw new Error(`${answer.status} ${answer.text}`);
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** A policy of one Allow for each pair of actions and resources. */
export function allow(...grants: [actions: string | string[], resources: string | string[]][]): string {
  const Statement = grants.map(([Action, Resource]) => ({ Effect: "Allow", Action, Resource }));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
