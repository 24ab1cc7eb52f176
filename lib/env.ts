import path from "node:path";
import { z } from "zod";
import { type SignUpMode, signUpModes } from "./invitation/policy";
import { quotaInput } from "./quota/schema";
import { isAws } from "./storage/endpoint";

/** Thrown for a malformed environment. `message` is one line that names the variable. */
export class EnvError extends Error {
  override readonly name = "EnvError";
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, "must be a port number from 0 to 65535")
  .transform(Number)
  .refine((n) => n <= 65_535, "must be a port number from 0 to 65535");

const url = (protocols: string[], what: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `must be ${what}`,
    // Later checks parse the URL.
    abort: true,
  });

const origin = url(["http:", "https:"], "a URL like http://localhost:3000")
  .refine((text) => new URL(text).pathname === "/" && !new URL(text).search, "must be a bare origin, without a path")
  .transform((text) => new URL(text).origin);

/** Comma-separated origins. */
const originList = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .pipe(z.array(origin).max(20, "must be at most 20 origins separated by commas"));

/** Comma-separated base URLs of the bucket: scheme, host and optional path before the key. */
const urlList = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine(
    (parts) =>
      parts.length <= 8 &&
      parts.every((part) => URL.canParse(part) && /^https?:\/\/[^?#]+$/.test(part) && new URL(part).username === ""),
    "must be up to 8 URLs of the bucket, separated by commas, like https://media.s3-accelerate.amazonaws.com",
  );

const bit = z.enum(["0", "1"], "must be 0 or 1").transform((text) => text === "1");
const flag = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be a bucket name (3 to 63 of a-z 0-9 . -)");
const text = z.string().min(1);

const hops = z
  .string()
  .regex(/^\d$/, "must be the number of proxies in front of the site, from 0 to 9")
  .transform(Number);

/** Comma-separated networks, each as CIDR or an address alone. */
const networkList = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine(
    (parts) => parts.every((part) => z.cidrv4().or(z.cidrv6()).or(z.ipv4()).or(z.ipv6()).safeParse(part).success),
    "must be networks separated by commas, like 198.51.100.7,2001:db8:64::/48",
  );

/** Who may reach the site: programs of this machine only, or all that reach its port. */
const listens = ["loopback", "all"] as const;
export type Listen = (typeof listens)[number];

const startSchema = z.object({
  PORT: port.default(3000),
  ATOLL_URL: origin.optional(),
  ATOLL_LISTEN: z.enum(listens, "must be loopback or all").optional(),
  ATOLL_PROXY_HOPS: hops.default(0),
  ATOLL_PROXY_NETWORKS: networkList.default([]),
  ATOLL_API_ORIGINS: originList.default([]),
  ATOLL_SIGN_UP: z.enum(signUpModes, `must be ${signUpModes.join(", ")}`).optional(),
  ATOLL_DEFAULT_QUOTA: quotaInput.optional(),
  ATOLL_MAIL_URL: url(
    ["smtp:", "smtps:"],
    "the URL of a mail server like smtps://user:password@mail.example.org",
  ).optional(),
  ATOLL_MAIL_FROM: z
    .string()
    .regex(
      /^[^\r\n<>]*<[^\s<>@]+@[^\s<>@]+>$|^[^\s<>@]+@[^\s<>@]+$/,
      "must be an address like Atoll <atoll@example.org>",
    )
    .optional(),
  ATOLL_DATA_DIR: text.default(".data").transform((dir) => path.resolve(dir)),
  ATOLL_S3_PORT: port.default(0),
  ATOLL_PG_PORT: port.default(0),
  ATOLL_EMBEDDED: z.enum(["all", "database", "storage", "none"], "must be all, database, storage or none").optional(),
  ATOLL_DRILL: bit.default(false),
  ATOLL_DEMO: bit.optional(),
  ATOLL_DEMO_PASSWORD: z.string().min(8, "must have at least 8 characters").optional(),
  DATABASE_URL: url(
    ["postgres:", "postgresql:"],
    "a URL like postgresql://user:password@host:5432/database",
  ).optional(),
  S3_ENDPOINT: origin.optional(),
  S3_PUBLIC_ENDPOINT: origin.optional(),
  S3_UPLOAD_ENDPOINTS: urlList.optional(),
  S3_REGION: text.default("us-east-1"),
  S3_BUCKET: bucket.default("atoll-media"),
  S3_STATIC_BUCKET: bucket.optional(),
  S3_FORCE_PATH_STYLE: flag.optional(),
  S3_ROLE_ARN: z.string().startsWith("arn:", "must be an ARN, arn:aws:iam::…").optional(),
  NEXTAUTH_SECRET: z.string().min(32, "must have at least 32 characters (openssl rand -base64 32)").optional(),
  GITHUB_ID: text.optional(),
  GITHUB_SECRET: text.optional(),
  GOOGLE_ID: text.optional(),
  GOOGLE_SECRET: text.optional(),
  OIDC_ISSUER: url(["http:", "https:"], "the URL of an OpenID Connect issuer").optional(),
  OIDC_ID: text.optional(),
  OIDC_SECRET: text.optional(),
});

/** The names of all settings that are read here. */
export const settingNames: readonly string[] = Object.keys(startSchema.shape);

const pairs = [
  ["ATOLL_MAIL_URL", "ATOLL_MAIL_FROM"],
  ["GITHUB_ID", "GITHUB_SECRET"],
  ["GOOGLE_ID", "GOOGLE_SECRET"],
  ["OIDC_ISSUER", "OIDC_ID", "OIDC_SECRET"],
] as const;

type Given = z.infer<typeof startSchema>;
type Derived = "ATOLL_URL" | "ATOLL_LISTEN" | "ATOLL_SIGN_UP" | "ATOLL_DEFAULT_QUOTA" | "S3_FORCE_PATH_STYLE";
export type StartEnv = Omit<Given, Derived> & {
  ATOLL_URL: string;
  ATOLL_LISTEN: Listen;
  ATOLL_SIGN_UP: SignUpMode;
  /** In bytes; null is no limit. */
  ATOLL_DEFAULT_QUOTA: bigint | null;
  S3_FORCE_PATH_STYLE: boolean;
};
export type Env = StartEnv & { DATABASE_URL: string; NEXTAUTH_SECRET: string };

/** Tells whether only this machine reaches a URL (RFC 6761, RFC 1122, RFC 4291). */
export function isLoopback(url: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** Parses the environment of `up`. Without DATABASE_URL or S3_ENDPOINT, `up` starts an embedded service. Throws EnvError. */
export function parseStartEnv(source: Record<string, string | undefined>): StartEnv {
  // Shells and .env files leave unset variables empty.
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = startSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EnvError(`${issue?.path.join(".") ?? "environment"} ${issue?.message ?? "is malformed"}`);
  }
  for (const names of pairs) {
    const missing = names.filter((name) => parsed.data[name] === undefined);
    if (missing.length > 0 && missing.length < names.length)
      throw new EnvError(`${missing[0]} is missing beside ${names.filter((name) => parsed.data[name]).join(", ")}`);
  }
  const siteUrl = parsed.data.ATOLL_URL ?? `http://localhost:${parsed.data.PORT}`;
  return {
    ...parsed.data,
    ATOLL_URL: siteUrl,
    // The site of this machine alone trusts who comes, so others may not.
    ATOLL_LISTEN: parsed.data.ATOLL_LISTEN ?? (isLoopback(siteUrl) ? "loopback" : "all"),
    // A site that others reach lets no one make an account without an invitation.
    ATOLL_SIGN_UP: parsed.data.ATOLL_SIGN_UP ?? (isLoopback(siteUrl) ? "open" : "invite"),
    ATOLL_DEFAULT_QUOTA: parsed.data.ATOLL_DEFAULT_QUOTA ?? null,
    // Only AWS is sure to serve bucket.host names. Every S3 server serves host/bucket paths.
    S3_FORCE_PATH_STYLE: parsed.data.S3_FORCE_PATH_STYLE ?? !isAws(parsed.data.S3_ENDPOINT),
  };
}

/** Parses the environment of site, worker and commands, where nothing required may be missing. Throws EnvError. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const { DATABASE_URL, NEXTAUTH_SECRET, ...rest } = parseStartEnv(source);
  if (!DATABASE_URL)
    throw new EnvError("DATABASE_URL is missing: name a PostgreSQL database, or start with `npm run up`");
  if (!NEXTAUTH_SECRET)
    throw new EnvError("NEXTAUTH_SECRET is missing: set 32 random characters (openssl rand -base64 32)");
  return { ...rest, DATABASE_URL, NEXTAUTH_SECRET };
}

/**
 * Checks that the storage is named. Without S3_ENDPOINT the SDK would use AWS, which must be meant: a mistyped name would else
 * choose another storage. Throws EnvError.
 */
export function requireStorageNamed({
  S3_ENDPOINT,
  ATOLL_EMBEDDED,
}: Pick<StartEnv, "S3_ENDPOINT" | "ATOLL_EMBEDDED">): void {
  if (S3_ENDPOINT !== undefined || ATOLL_EMBEDDED === "none" || ATOLL_EMBEDDED === "database") return;
  throw new EnvError(
    "S3_ENDPOINT is missing: name the S3 service, or set ATOLL_EMBEDDED=none for AWS by S3_REGION alone",
  );
}

let cached: Env | undefined;

/** Returns the environment of this process, parsed at first use. Throws EnvError. */
export function env(): Env {
  cached ??= parseEnv(process.env);
  return cached;
}
