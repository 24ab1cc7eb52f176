import type { StartEnv } from "@/lib/env";
import { bucketAddress } from "@/lib/storage/endpoint";

type Site = Pick<
  StartEnv,
  "ATOLL_URL" | "S3_PUBLIC_ENDPOINT" | "S3_ENDPOINT" | "S3_REGION" | "S3_BUCKET" | "S3_FORCE_PATH_STYLE"
> &
  Partial<Pick<StartEnv, "S3_UPLOAD_ENDPOINTS">>;

/** Returns the origin browsers use to upload and download files. */
export function bucketOrigin(site: Site): string {
  return bucketAddress({
    endpoint: site.S3_PUBLIC_ENDPOINT ?? site.S3_ENDPOINT,
    region: site.S3_REGION,
    bucket: site.S3_BUCKET,
    forcePathStyle: site.S3_FORCE_PATH_STYLE,
  }).origin;
}

/** Returns the Content-Security-Policy: scripts with this request's nonce, images from the bucket, no frames, no plugins. */
export function contentSecurityPolicy(site: Site, nonce: string, dev: boolean): string {
  const bucket = bucketOrigin(site);
  const directives = {
    "default-src": ["'self'"],
    // WebAssembly computes checksums, in a worker with the same policy. React's dev build uses eval for stack traces.
    "script-src": [
      "'self'",
      `'nonce-${nonce}'`,
      "'strict-dynamic'",
      "'wasm-unsafe-eval'",
      ...(dev ? ["'unsafe-eval'"] : []),
    ],
    // The gallery sets sizes by style attributes.
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "blob:", "data:", bucket],
    "media-src": ["'self'", "blob:", bucket],
    "font-src": ["'self'"],
    "connect-src": [
      ...new Set(["'self'", bucket, ...(site.S3_UPLOAD_ENDPOINTS ?? []).map((url) => new URL(url).origin)]),
      ...(dev ? ["ws:", "wss:"] : []),
    ],
    "worker-src": ["'self'", "blob:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(" ")}`)
    .join("; ");
}

const twoYearsSeconds = 63_072_000;

/** Returns the security headers that are the same for every response. */
export function fixedHeaders(site: Site): [name: string, value: string][] {
  return [
    ["X-Content-Type-Options", "nosniff"],
    // The bucket policy checks the Referer's origin. Paths are not sent to other origins.
    ["Referrer-Policy", "strict-origin-when-cross-origin"],
    ["Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"],
    ["Cross-Origin-Opener-Policy", "same-origin"],
    ["X-Frame-Options", "DENY"],
    ...(site.ATOLL_URL.startsWith("https:")
      ? [["Strict-Transport-Security", `max-age=${twoYearsSeconds}`] as [string, string]]
      : []),
  ];
}
