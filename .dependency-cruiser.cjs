/**
 * The import table of the design as rules (docs/decisions/0002-boundaries.md).
 * `tests/unit/boundaries.test.ts` plants a violation of each and sees it fire.
 */
const pure = "^lib/[^/]+/(?:schema|policy)\\.ts$|^lib/upload/[^/]+/(?:schema|policy)\\.ts$";
const edge = "^lib/(errors|routes|action|http|env)\\.ts$";
// Nouns nest: $1 is `upload` for lib/upload/undo/commands.ts, too.
const record = "^lib/([^/]+)/(?:[^/]+/|)(queries|commands|rows|present|verify|reap)\\.ts$";

/** `from` may import, of this project, only what `allowed` names. */
function only(name, from, allowed, comment) {
  return {
    name,
    severity: "error",
    comment,
    from: { path: from },
    to: { path: "^(app|components|lib|prisma|tests)/", pathNot: [from, ...allowed] },
  };
}

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    only(
      "app",
      "^app/",
      [
        "^components/",
        "^lib/[^/]+/(queries|commands|actions|schema|policy)\\.ts$",
        "^lib/upload/[^/]+/(queries|commands|schema|policy)\\.ts$",
        "^lib/auth/",
        edge,
      ],
      "Routes compose; they hold no logic and touch no engine.",
    ),
    only("components-ui", "^components/ui/", [], "These could ship in another product."),
    {
      name: "components-noun",
      severity: "error",
      comment: "Props in, events out.",
      from: { path: "^components/(?!ui/)([^/]+)/" },
      to: {
        path: "^(app|components|lib|prisma|tests)/",
        pathNot: [
          "^components/(ui|$1)/",
          "^lib/[^/]+/(schema|policy|actions)\\.ts$",
          "^lib/uploader/",
          "^lib/(routes|errors|action)\\.ts$",
        ],
      },
    },
    only("pure-files", pure, [], "Schemas and policies run in browsers and servers alike."),
    {
      name: "pure-files-packages",
      severity: "error",
      from: { path: pure },
      to: { dependencyTypes: ["npm", "npm-dev", "core"], pathNot: "^(node_modules/)?zod" },
    },
    only(
      "actions",
      "^lib/[^/]+/actions\\.ts$",
      ["^lib/[^/]+/(queries|commands|schema|policy)\\.ts$", "^lib/auth/", edge],
      "Thin wrappers around commands.",
    ),
    only(
      "record",
      record,
      [
        pure,
        "^lib/$1/",
        "^lib/(db|locks)\\.ts$",
        "^lib/(errors|env)\\.ts$",
        "^lib/storage/",
        "^lib/auth/(viewer|password)\\.ts$",
        "^lib/jobs/queue\\.ts$",
      ],
      "Queries and commands stand on the database, storage, the queue and other nouns' public files.",
    ),
    {
      name: "database-only-in-record",
      severity: "error",
      comment: "Prisma is used in queries and commands, in lib/auth, and nowhere else.",
      from: {
        pathNot: [
          record,
          "^lib/(db|locks|action)\\.ts$",
          "^lib/auth/",
          "^lib/cli/",
          "^lib/jobs/",
          "^tests/",
          "^prisma/",
        ],
      },
      to: { path: ["^lib/db\\.ts$", "^prisma/generated/"] },
    },
    only(
      "uploader",
      "^lib/uploader/",
      [pure, "^lib/errors\\.ts$", "^lib/checksum/"],
      "The uploader runs without React, without a server, in any page.",
    ),
    only("storage", "^lib/storage/", ["^lib/(env|errors)\\.ts$"], "The object store knows nothing of collections."),
    {
      name: "aws-sdk-only-in-storage",
      severity: "error",
      from: { pathNot: ["^lib/storage/", "^tests/", "^node_modules/"] },
      to: { path: "node_modules/@(aws-sdk|smithy)/" },
    },
    only("derive", "^lib/derive/", [
      "^lib/storage/",
      "^lib/media/(queries|commands|schema|policy)\\.ts$",
      "^lib/auth/viewer\\.ts$",
      "^lib/errors\\.ts$",
    ]),
    only("jobs", "^lib/jobs/", [
      "^lib/derive/",
      "^lib/[^/]+/(queries|commands|schema|policy)\\.ts$",
      "^lib/upload/[^/]+/(queries|commands|verify|reap|schema|policy)\\.ts$",
      "^lib/auth/viewer\\.ts$",
      "^lib/(env|errors|db)\\.ts$",
    ]),
    only(
      "queue",
      "^lib/jobs/(queue|boss)\\.ts$",
      ["^lib/env\\.ts$"],
      "Commands send jobs by lib/jobs/queue, so it knows no noun: else their folders would import each other.",
    ),
    only("infra", "^lib/infra/", ["^lib/storage/", "^lib/errors\\.ts$"]),
    only("checksum", "^lib/checksum/", [], "Arithmetic for browsers and servers alike."),
    only(
      "embedded",
      "^lib/embedded/",
      ["^lib/checksum/"],
      "The stores are modules of their own: nothing of the app in them but arithmetic.",
    ),
    {
      name: "embedded-only-from-cli",
      severity: "error",
      comment: "The site and the worker never know what stands behind DATABASE_URL and S3_ENDPOINT.",
      from: { pathNot: ["^lib/embedded/", "^lib/cli/", "^tests/"] },
      to: { path: "^lib/embedded/" },
    },
    only("cli", "^lib/cli/", ["^lib/", "^prisma/"], "The command line may use everything but the site's pages."),
    only("auth", "^lib/auth/", ["^lib/(db|env|errors|action|routes|http)\\.ts$", "^lib/event/commands\\.ts$", pure]),
    only("prisma", "^prisma/", ["^lib/cli/", "^lib/env\\.ts$"], "Schema, migrations and the seed."),
    { name: "no-tests", severity: "error", from: { pathNot: "^tests/" }, to: { path: "^tests/" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(prisma/generated/internal|\\.next)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types", "default"] },
  },
};
