/**
 * The import table as rules, by default-deny: a file may import, of this project, only what its row names; a file without
 * a row may neither import nor be imported (docs/decisions/0002-boundaries.md). `tests/unit/boundaries.test.ts` plants a
 * violation of each rule and sees it fire.
 */
const project = "^(app|components|lib|prisma|tests)/|^middleware\\.ts$";

/** Shapes and rules as tables: they run in browsers and servers alike. */
const pure = "^lib/[^/]+/(schema|policy)\\.ts$|^lib/(auth|upload)/[^/]+/(schema|policy)\\.ts$";
const rows = "^lib/[^/]+/rows\\.ts$|^lib/(media|revision|upload)/[^/]+/rows\\.ts$";
const actions = "^lib/[^/]+/actions\\.ts$";
/** What pages, route handlers and the worker call. */
const calls = "^lib/[^/]+/(queries|commands)\\.ts$|^lib/(media|upload)/[^/]+/(queries|commands)\\.ts$";
const looseFiles = "^lib/(action|db|env|errors|http|locks|routes)\\.ts$";
const database = "^lib/(db|locks)\\.ts$";
const env = "^lib/env\\.ts$";
const errors = "^lib/errors\\.ts$";
const routes = "^lib/routes\\.ts$";
const viewer = "^lib/auth/viewer\\.ts$";
const record = "^lib/event/commands\\.ts$";
/** What limits visitors and people; who may create an account. Neither knows lib/auth, which stands on both. */
const budget = "^lib/budget/commands\\.ts$";
const invitation = "^lib/invitation/(queries|commands)\\.ts$";
const mail = "^lib/mail/send\\.ts$";
const queue = "^lib/jobs/queue/queue\\.ts$";
const storage = "^lib/storage/";
const checksum = "^lib/checksum/";
const sealed = "^lib/sealed/";
/** A collection as its viewer sees it, which decides what is read of its rows. */
const seenCollection = "^lib/collection/queries\\.ts$";
const postgres = "^lib/postgres/";
/** The rule for text. A pure file without imports, so that the stores may use it, too. */
const textRule = "^lib/text/policy\\.ts$";

/** The nouns, and whose queries, commands and rows each may use beside its own. */
const neighbours = {
  budget: [],
  collection: ["idempotency"],
  event: [],
  health: [],
  idempotency: [],
  invitation: ["budget"],
  media: ["collection", "revision"],
  member: ["collection"],
  owner: [],
  quota: [],
  revision: [],
  session: ["auth"],
  token: ["collection", "idempotency"],
  upload: ["collection", "idempotency", "media", "owner", "quota", "revision"],
  user: ["auth", "session"],
};
const turns = "^lib/revision/turn/rows\\.ts$";
/** What is derived or read again, and derivatives that are left. */
const derived = "^lib/revision/(again|derivatives)/rows\\.ts$";
const device = "^lib/auth/device\\.ts$";
const tokenText = "^lib/auth/token/text\\.ts$";
/** What a noun needs beside its neighbours. */
const extras = {
  media: [turns, derived],
  upload: [turns],
  session: [device],
  token: [tokenText],
  user: [device, "^lib/auth/password\\.ts$"],
};
const nounFolders = `^lib/(${Object.keys(neighbours).join("|")})/`;

/** Folders of `lib` with rules of their own. */
const folders = [
  "api",
  "auth",
  "bulk",
  "checksum",
  "cli",
  "client",
  "derive",
  "embedded",
  "infra",
  "jobs",
  "mail",
  "policy",
  "path",
  "postgres",
  "sealed",
  "storage",
  "text",
  "uploader",
];

/** `from` may import, of this project, itself and what `allowed` names. */
function only(name, from, allowed, comment, except = []) {
  return {
    name,
    severity: "error",
    comment,
    from: { path: from, pathNot: except },
    to: { path: project, pathNot: [from, ...allowed] },
  };
}

const nounRules = Object.entries(neighbours).map(([noun, others]) =>
  only(
    `noun-${noun}`,
    `^lib/${noun}/`,
    [
      pure,
      database,
      errors,
      env,
      viewer,
      record,
      queue,
      routes,
      sealed,
      storage,
      ...(extras[noun] ?? []),
      ...others.map((other) => `^lib/${other}/(queries|commands|rows|present)\\.ts$`),
    ],
    "A noun stands on the database, the storage, the queue, the site's paths, and the neighbours named here.",
    [pure, actions],
  ),
);

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", comment: "Types included.", from: {}, to: { circular: true } },
    {
      name: "no-folder-circular",
      severity: "error",
      comment: "Folders depend in one direction, too.",
      scope: "folder",
      from: { path: "^(components|lib)/" },
      to: { circular: true },
    },
    {
      name: "ungoverned",
      severity: "error",
      comment: "A new folder of lib, or a loose file in it, gets its row in this table first.",
      from: {},
      to: {
        path: "^(lib|components)/",
        pathNot: [nounFolders, `^lib/(${folders.join("|")})/`, looseFiles, "^components/[^/]+/"],
      },
    },
    {
      name: "ungoverned-imports",
      severity: "error",
      from: {
        path: "^(lib|components)/",
        pathNot: [nounFolders, `^lib/(${folders.join("|")})/`, looseFiles, "^components/[^/]+/"],
      },
      to: { path: project },
    },
    only(
      "app",
      "^app/",
      ["^components/", calls, actions, pure, "^lib/(api|auth)/", "^lib/(action|env|errors|http|routes)\\.ts$"],
      "Routes compose; they hold no logic and touch no engine.",
    ),
    only("middleware", "^middleware\\.ts$", [], "It only redirects: access is decided beside the data."),
    only("components-ui", "^components/ui/", [], "These could ship in another product."),
    {
      name: "components-noun",
      severity: "error",
      comment: "Props in, events out.",
      from: { path: "^components/(?!ui/)([^/]+)/" },
      to: {
        path: project,
        pathNot: ["^components/(ui|$1)/", pure, actions, "^lib/uploader/", "^lib/(action|errors|routes)\\.ts$"],
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
      actions,
      [calls, pure, "^lib/auth/", "^lib/(action|errors|routes)\\.ts$"],
      "Thin wrappers around commands.",
    ),
    ...nounRules,
    only(
      "rows",
      rows,
      [database, errors, pure, "^lib/storage/keys\\.ts$", "^lib/media/cursor\\.ts$", seenCollection],
      "SQL knows the database, rules as tables and the keys of objects, not what runs it.",
    ),
    {
      name: "rows-only-from-nouns",
      severity: "error",
      comment: "A noun's SQL is used by its own and its neighbours' queries and commands.",
      from: { pathNot: [nounFolders, "^lib/auth/", "^tests/"] },
      to: { path: rows },
    },
    {
      name: "database-only-in-nouns",
      severity: "error",
      comment: "Prisma and Kysely are used in nouns and in lib/auth.",
      from: { pathNot: [nounFolders, database, "^lib/auth/", "^lib/cli/", "^tests/", "^prisma/"] },
      to: { path: [database, "^prisma/generated/"] },
    },
    only(
      "api",
      "^lib/api/",
      [pure, budget, viewer, env, errors, "^lib/(action|http)\\.ts$", "^lib/auth/(own-origin|session)\\.ts$"],
      "The contract of every call, and what checks a request by it. What a call does is in the nouns.",
    ),
    only(
      "api-calls",
      "^lib/api/(call|calls/[^/]+)\\.ts$",
      [pure],
      "The contract alone: it also makes openapi.json and the client.",
    ),
    only(
      "loose-action",
      "^lib/action\\.ts$",
      [errors, budget, pure, "^lib/auth/(own-origin|session|viewer)\\.ts$"],
      "The way into every action checks where it comes from and spends it; edges turn errors into answers.",
    ),
    only("loose-db", "^lib/db\\.ts$", [env, postgres, "^prisma/generated/"], "The one pool."),
    only(
      "loose-env",
      "^lib/env\\.ts$",
      ["^lib/storage/endpoint\\.ts$", pure],
      "The one place that reads the environment. What its values mean is said once, in files without other imports.",
    ),
    only("loose-errors", "^lib/errors\\.ts$", [], "Codes and their properties."),
    only("loose-http", "^lib/http\\.ts$", [errors], "Edges turn errors into answers."),
    only("loose-locks", "^lib/locks\\.ts$", ["^lib/db\\.ts$", errors], "The order of locks."),
    only("loose-routes", "^lib/routes\\.ts$", [], "Paths of the site."),
    only(
      "uploader",
      "^lib/uploader/",
      [pure, errors, routes, checksum],
      "The engine runs without React and without a server.",
    ),
    only("uploader-state", "^lib/uploader/state/", [pure, errors], "Plain data, and what is derived from it."),
    only("uploader-steps", "^lib/uploader/steps/", ["^lib/uploader/state/", pure, errors], "The reducer is pure."),
    {
      name: "uploader-effects",
      severity: "error",
      comment: "Effects know the state, and neither the reducer nor each other.",
      from: { path: "^lib/uploader/(transport|hash|browser)/" },
      to: {
        path: project,
        pathNot: ["^lib/uploader/(state|$1)/", pure, errors, routes, checksum],
      },
    },
    only("sealed", sealed, [env, errors], "Texts that their holder can neither read nor change: cursors of lists."),
    only("storage", storage, [env, errors, textRule], "The object store knows nothing of collections."),
    {
      name: "aws-sdk-only-in-storage",
      severity: "error",
      from: { pathNot: [storage, "^tests/", "^node_modules/"] },
      to: { path: "node_modules/@(aws-sdk|smithy)/" },
    },
    {
      name: "permits-only-from-owner",
      severity: "error",
      comment: "Who may change the bucket is decided in one place. Its file is written there, too.",
      from: { pathNot: ["^lib/owner/", "^tests/"] },
      to: { path: "^lib/storage/(permit/mint|owner-file)\\.ts$" },
    },
    only("derive", "^lib/derive/", [
      storage,
      checksum,
      "^lib/media/(queries|commands|schema|policy)\\.ts$",
      "^lib/media/again/commands\\.ts$",
      "^lib/owner/commands\\.ts$",
      viewer,
      errors,
    ]),
    only("jobs", "^lib/jobs/", [
      "^lib/derive/",
      calls,
      "^lib/upload/verify/(verify|measure|reap)\\.ts$",
      mail,
      pure,
      viewer,
      env,
      errors,
      postgres,
    ]),
    only(
      "jobs-queue",
      "^lib/jobs/queue/",
      [env, errors, postgres],
      "The port by which commands send jobs knows no noun.",
    ),
    only("mail", "^lib/mail/", [env], "The mail server knows nothing of what is written."),
    only("infra", "^lib/infra/", [storage, "^lib/policy/", errors]),
    only("bulk", "^lib/bulk/", [storage, errors], "Walk, list, merge, plan, run."),
    only("checksum", checksum, [], "Arithmetic for browsers and servers alike."),
    only("text", "^lib/text/", [], "The rule for text, and its shapes."),
    only("path", "^lib/path/", [textRule], "The rule for paths, and its shapes."),
    only("policy", "^lib/policy/", [], "Policy documents and their evaluation, pure."),
    only("postgres", postgres, [], "What every connection to the database runs first, Prisma's engine included."),
    only("client", "^lib/client/", [], "The typed API client knows nothing of the app."),
    only(
      "embedded",
      "^lib/embedded/",
      [checksum, "^lib/policy/"],
      "The stores are modules of their own: nothing of the app in them.",
    ),
    {
      name: "embedded-only-from-cli",
      severity: "error",
      comment: "The site and the worker never know what stands behind DATABASE_URL and S3_ENDPOINT.",
      from: { pathNot: ["^lib/embedded/", "^lib/cli/", "^tests/"] },
      to: { path: "^lib/embedded/" },
    },
    only("cli", "^lib/cli/", ["^lib/", "^prisma/"], "The command line may use everything but the site's pages."),
    only("auth", "^lib/auth/", [
      database,
      env,
      errors,
      routes,
      "^lib/(action|http)\\.ts$",
      record,
      budget,
      invitation,
      pure,
    ]),
    only("prisma", "^prisma/", ["^lib/cli/", env, postgres], "Schema, migrations and the seed."),
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
