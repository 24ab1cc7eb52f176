import "server-only";
import { scopes } from "@/lib/auth/token/policy";
import type { Prisma } from "@/lib/db";
import type { TokenItem } from "./schema";

export const tokenSelect = {
  id: true,
  name: true,
  scopes: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  collection: { select: { slug: true } },
} satisfies Prisma.TokenSelect;
type TokenRow = Prisma.TokenGetPayload<{ select: typeof tokenSelect }>;

/** Cuts a row to what its user may know: all but the hash. */
export function toItem(row: TokenRow): TokenItem {
  return {
    id: row.id,
    name: row.name,
    scopes: scopes.filter((scope) => row.scopes.includes(scope)),
    collection: row.collection?.slug ?? null,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    isExpired: row.expiresAt !== null && row.expiresAt.getTime() <= Date.now(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
