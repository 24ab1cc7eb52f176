import type { StartEnv } from "@/lib/env";
import { bucketAddress } from "@/lib/storage/endpoint";

type Site = Pick<
  StartEnv,
  "ATOLL_URL" | "S3_PUBLIC_ENDPOINT" | "S3_ENDPOINT" | "S3_REGION" | "S3_BUCKET" | "S3_FORCE_PATH_STYLE"
> &
  Partial<Pick<StartEnv, "S3_UPLOAD_ENDPOINTS">>;

/** The origin that browsers send files to and get them from. */
export function bucketOrigin(site: Site): string {
  return bucketAddress({
    endpoint: site.S3_PUBLIC_ENDPOINT ?? site.S3_ENDPOINT,
    region: site.S3_REGION,
    bucket: site.S3_BUCKET,
    forcePathStyle: site.S3_FORCE_PATH_STYLE,
  }).origin;
}

/** Scripts only with this request's nonce, media only from the bucket, no frames, no plugins, forms only to us. */
export function contentSecurityPolicy(site: Site, nonce: string, dev: boolean): string {
  const bucket = bucketOrigin(site);
  const directives = {
    "default-src": ["'self'"],
    // Checksums are taken by WebAssembly, in a worker that has this policy, too. React's dev build rebuilds stack traces by eval.
    "script-src": [
      "'self'",
      `'nonce-${nonce}'`,
      "'strict-dynamic'",
      "'wasm-unsafe-eval'",
      ...(dev ? ["'unsafe-eval'"] : []),
    ],
    // Sizes and positions of the gallery are style attributes.
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
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(" ")}`)
    .join("; ");
}

const twoYearsSeconds = 63_072_000;

/** The headers of every answer but the policy above, which has a nonce of its own each time. */
export function fixedHeaders(site: Site): [name: string, value: string][] {
  return [
    ["X-Content-Type-Options", "nosniff"],
    // The bucket knows our pages by the Referer's origin; paths stay at home.
    ["Referrer-Policy", "strict-origin-when-cross-origin"],
    ["Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"],
    ["Cross-Origin-Opener-Policy", "same-origin"],
    ["X-Frame-Options", "DENY"],
    ...(site.ATOLL_URL.startsWith("https:")
      ? [["Strict-Transport-Security", `max-age=${twoYearsSeconds}`] as [string, string]]
      : []),
  ];
}
