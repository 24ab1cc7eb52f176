import type { Env } from "@/lib/env";
import type { AspectResult } from "@/lib/infra/apply";
import type { AspectPlan } from "@/lib/infra/plan";
import type { Standing } from "@/lib/owner/policy";
import type { Storage } from "@/lib/storage/client";
import { aspectNames, bucketSettings } from "../bucket-plan";
import type { KeyPair } from "./store";

type Say = (line: string) => void;

/**
 * Makes sure that the bucket is there and this database's, and applies the settings of lib/infra to it. A database that does
 * not own the bucket changes nothing there, and `say` gets the reason. Expects the whole environment in process.env.
 * `operator` is the key pair for the bucket's settings where the site's own may not change them. Returns how the database
 * stands. Throws AppError.
 */
export async function prepareBucket(env: Env, say: Say, operator?: KeyPair): Promise<Standing> {
  const { createStorage, storageConfig } = await import("@/lib/storage/client");
  const storage = createStorage({ ...storageConfig(), ...(operator && { credentials: operator }) });
  try {
    return await prepare(storage, env, say);
  } finally {
    storage.close();
  }
}

async function prepare(storage: Storage, env: Env, say: Say): Promise<Standing> {
  const [{ ensureBucket }, owner, { mintSystemViewer }, { db }] = await Promise.all([
    import("@/lib/infra/existence"),
    import("@/lib/owner/commands"),
    import("@/lib/auth/viewer"),
    import("@/lib/db"),
  ]);
  const viewer = mintSystemViewer("cli");
  // Every file in the bucket came with an upload.
  const whyNot = async () => {
    if (env.ATOLL_DRILL) return "a drill changes nothing";
    const upload = await db().upload.findFirst({ select: { id: true } });
    return upload === null ? null : "the database has uploads, whose files are elsewhere";
  };
  const isNew = await ensureBucket(storage, whyNot);
  const settings = await bucketSettings(env);
  const standing = await owner.bucketStanding(viewer);
  if (standing !== "owner") {
    const [{ standingText }, { planBucket }] = await Promise.all([
      import("@/lib/owner/policy"),
      import("@/lib/infra/plan"),
    ]);
    say(`READ-ONLY: ${standingText(standing)}`);
    reportPlans(await planBucket(storage, settings), say);
    return standing;
  }
  const { applyBucket } = await import("@/lib/infra/apply");
  const results = await applyBucket(await owner.bucketPermit(viewer), storage, settings);
  if (isNew) say(`Created the bucket ${env.S3_BUCKET} and set it up.`);
  reportResults(results, isNew, say);
  return standing;
}

/** Tries the addresses that browsers will use. Throws an Error with one line when one is certainly wrong. */
export async function tryBrowserWay(env: Env, standing: Standing, say: Say): Promise<void> {
  const [{ browserWayProblems }, { storage }] = await Promise.all([
    import("@/lib/infra/browser-way"),
    import("@/lib/storage/client"),
  ]);
  const isOwner = standing === "owner";
  const endpoints = env.S3_UPLOAD_ENDPOINTS ?? [];
  for (const { message, isCertain } of await browserWayProblems(storage(), {
    origin: env.ATOLL_URL,
    endpoints,
    isOwner,
  })) {
    // A site that does not own the bucket shows what it can: the policy is for the owner's pages.
    if (isCertain && isOwner) throw new Error(message);
    say(`WARNING: ${message}`);
  }
}

/** Closes what the functions above opened. */
export async function closeBucket(): Promise<void> {
  const [{ closeDb }, { closeStorage }] = await Promise.all([import("@/lib/db"), import("@/lib/storage/client")]);
  closeStorage();
  await closeDb();
}

function reportResults(results: readonly AspectResult[], isNew: boolean, say: Say): void {
  for (const { aspect, state, detail, before, dangers } of results) {
    const was = typeof before === "string" ? ` (before: ${before})` : "";
    if (state === "failed") say(`The bucket's ${aspectNames[aspect]} could not be set: ${detail ?? "no reason given"}`);
    else if (state === "changed" && !isNew)
      say(`Changed the bucket's ${aspectNames[aspect]} to what this site needs${was}.`);
    if (state !== "failed" && detail !== null) say(`The bucket's ${aspectNames[aspect]}: ${detail}`);
    for (const danger of dangers) say(`DANGER: ${danger}`);
  }
}

function reportPlans(plans: readonly AspectPlan[], say: Say): void {
  for (const { aspect, state, dangers } of plans) {
    if (state === "differs")
      say(`The bucket's ${aspectNames[aspect]} differ from what this site needs and were left as they are.`);
    for (const danger of dangers) say(`DANGER: ${danger}`);
  }
}
