import type { Storage } from "@/lib/storage/client";
import { bucketAddress } from "@/lib/storage/endpoint";
import { ownerKey } from "@/lib/storage/keys";
import { identityAt, presign, type SigningIdentity } from "@/lib/storage/sign";

const timeoutMs = 5_000;

export type WayProblem = {
  /** What is wrong, with the setting to look at. */
  message: string;
  /** Whether browsers cannot use it either. False: it cannot be reached from here or is busy, which says little about them. */
  isCertain: boolean;
};

export type WayInput = {
  /** The site's origin. */
  origin: string;
  /** More addresses of the bucket, `https://host/bucket` or `https://bucket.host`. */
  endpoints?: readonly string[];
  /** Whether the bucket's CORS rules are for this site. */
  isOwner: boolean;
};

/**
 * Uses the bucket as a browser on the site does: reads with a signed URL, and asks by a preflight whether it may post. Returns
 * one problem for each address at most. Writes nothing.
 */
export async function browserWayProblems(storage: Storage, input: WayInput): Promise<WayProblem[]> {
  const identity = await storage.signingIdentity();
  const others = (input.endpoints ?? []).map((url) => ({
    setting: "S3_UPLOAD_ENDPOINTS",
    way: identityAt(identity, url),
  }));
  const ways = [{ setting: settingOf(storage), way: identity }, ...others];
  const found = await Promise.all(ways.map(({ setting, way }) => problemOf(way, setting, input)));
  return found.filter((problem) => problem !== null);
}

function settingOf({ config }: Storage): string {
  return config.publicEndpoint === undefined ? "S3_ENDPOINT" : "S3_PUBLIC_ENDPOINT";
}

async function problemOf(way: SigningIdentity, setting: string, input: WayInput): Promise<WayProblem | null> {
  const { origin, host, path } = way.address ?? bucketAddress(way);
  const address = `${origin}${path}`;
  const url = presign(way, { method: "GET", key: ownerKey, signedAt: new Date(), expiresInSeconds: 60 });
  try {
    const read = await send(url, { headers: { referer: `${input.origin}/` } });
    const refusal = refusalOf(read, setting, way);
    const isCertain = !isPassing(read);
    if (refusal) return { message: `${setting}: browsers cannot read from ${address}: ${refusal}`, isCertain };
    if (!input.isOwner) return null;
    const preflight = { origin: input.origin, "access-control-request-method": "POST" };
    const answer = await send(address, { method: "OPTIONS", headers: preflight });
    const { headers, status } = answer;
    const allowed = headers.get("access-control-allow-origin");
    if (allowed === input.origin || allowed === "*") return null;
    const message = `${setting}: browsers cannot upload to ${address}: it answers a preflight of ${input.origin} with status ${status} and no permission. A proxy in between must pass on OPTIONS and its answer.`;
    return { message, isCertain: !isPassing(answer) };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    const reason = cause?.code ?? cause?.message ?? message;
    const style = host.startsWith(`${way.bucket}.`)
      ? " With S3_FORCE_PATH_STYLE=true the bucket's name is not part of the host."
      : "";
    const text = `${setting}: ${address}, which browsers use, cannot be reached from here (${reason}). Uploads and pictures work only if browsers can reach it.${style}`;
    return { message: text, isCertain: false };
  }
}

type Answer = { status: number; headers: Headers; text: string };

async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
  return { status: response.status, headers: response.headers, text: (await response.text()).slice(0, 4_096) };
}

/** Tells whether the next answer may be another one: SlowDown, or a proxy whose storage is starting. */
function isPassing({ status }: Answer): boolean {
  return status === 429 || status >= 500;
}

const regionErrors: ReadonlySet<string> = new Set([
  "AuthorizationHeaderMalformed",
  "PermanentRedirect",
  "IllegalLocationConstraintException",
]);

/** Returns why an answer to a signed read is not that of this bucket; null when it is. */
function refusalOf({ status, headers, text }: Answer, setting: string, { region }: SigningIdentity): string | null {
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
  // NoSuchKey: the bucket is there, and takes the signature. A 200 alone may be any web page's.
  const isS3 = headers.has("x-amz-request-id") || headers.has("x-amz-version-id");
  if ((status === 200 && isS3) || code === "NoSuchKey") return null;
  const theirs = headers.get("x-amz-bucket-region") ?? /<Region>([\w-]+)<\/Region>/.exec(text)?.[1];
  // A signed URL with a wrong region is an error of its query, with the right region beside it.
  const isElsewhere =
    regionErrors.has(code ?? "") || (code === "AuthorizationQueryParametersError" && theirs !== undefined);
  if (isElsewhere) return `it is in another region${theirs ? ` (${theirs})` : ""}: set S3_REGION, which is ${region}.`;
  if (code === "NoSuchBucket") return `it has no such bucket. Check ${setting}, S3_BUCKET and S3_FORCE_PATH_STYLE.`;
  if (code === "SignatureDoesNotMatch")
    return "it takes the signature for another address. A proxy in between must pass on Host and path unchanged.";
  if (code === "InvalidAccessKeyId")
    return "it does not know the access key. It must be the same service as S3_ENDPOINT.";
  if (code === "AccessDenied")
    return "it refuses pages of this site. Its policy may be for another site, or it may not be the same service as S3_ENDPOINT.";
  return code ? `it answers ${code} (${status}).` : `it answers like another program (status ${status}).`;
}
