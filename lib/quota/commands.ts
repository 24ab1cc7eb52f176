import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { isSlug } from "@/lib/collection/schema";
import { db, type Transaction } from "@/lib/db";
import { notFound } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { type Balance, lockCollectionBySlug, lockUserByEmail } from "@/lib/locks";
import type { QuotaChange } from "./schema";

type Options = { isDryRun?: boolean };

/** Sets how many bytes a person's uploads may use; null is no limit. Files beyond a lower quota stay. Throws NOT_FOUND. */
export async function setUserQuota(
  viewer: Viewer,
  email: string,
  quotaBytes: bigint | null,
  { isDryRun = false }: Options = {},
): Promise<QuotaChange> {
  if (viewer.kind !== "system") throw notFound("user");
  return db().$transaction(async (tx) => {
    const account = await lockUserByEmail(tx, email.trim().toLowerCase());
    if (!account) throw notFound("user");
    if (!isDryRun) {
      await tx.user.update({ where: { id: account.id }, data: { quotaBytes } });
      await recordQuota(tx, viewer, "user", account.id, quotaBytes);
    }
    return changeOf(account, quotaBytes);
  });
}

/** Sets how many bytes a collection may use, every revision and the trash included; null is no limit. Throws NOT_FOUND. */
export async function setCollectionQuota(
  viewer: Viewer,
  slug: string,
  quotaBytes: bigint | null,
  { isDryRun = false }: Options = {},
): Promise<QuotaChange> {
  if (viewer.kind !== "system" || !isSlug(slug)) throw notFound("collection");
  return db().$transaction(async (tx) => {
    const account = await lockCollectionBySlug(tx, slug);
    if (!account) throw notFound("collection");
    if (!isDryRun) {
      await tx.collection.update({ where: { id: account.id }, data: { quotaBytes } });
      await recordQuota(tx, viewer, "collection", account.id, quotaBytes);
    }
    return changeOf(account, quotaBytes);
  });
}

async function recordQuota(
  tx: Transaction,
  viewer: Viewer,
  noun: "user" | "collection",
  id: string,
  quota: bigint | null,
): Promise<void> {
  await recordEvent(tx, viewer, {
    action: `${noun}.changed`,
    subjectType: noun,
    subjectId: id,
    ...(noun === "collection" ? { collectionId: id } : {}),
    detail: { quotaBytes: quota === null ? null : Number(quota) },
  });
}

function changeOf({ quota, used, reserved }: Balance, after: bigint | null): QuotaChange {
  const bytes = (value: bigint | null) => (value === null ? null : Number(value));
  return { before: bytes(quota), after: bytes(after), used: Number(used), reserved: Number(reserved) };
}
