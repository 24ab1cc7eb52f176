import "server-only";
import { tokenPolicy } from "@/lib/auth/token/policy";
import { hashOfToken, newTokenText } from "@/lib/auth/token/text";
import { sessionOfViewer, type UserViewer, type Viewer } from "@/lib/auth/viewer";
import { collectionsWhere } from "@/lib/collection/queries";
import { isSlug } from "@/lib/collection/schema";
import { db, type Transaction } from "@/lib/db";
import { AppError, notFound, requireId } from "@/lib/errors";
import { recordEvent } from "@/lib/event/commands";
import { once, type Settle } from "@/lib/idempotency/commands";
import { lockName } from "@/lib/locks";
import { toItem, tokenSelect } from "./present";
import type { CreatedToken, CreateTokenInput } from "./schema";

const { maxPerUser, keptExpiredSeconds } = tokenPolicy;
const deletedAtOnce = 1_000;

/**
 * Creates a token of the viewer, and returns its text, once: only its hash is kept. Throws UNAUTHENTICATED without a session (a token
 * creates no tokens), RUNNING, NOT_FOUND (the collection), INVALID (expired), CONFLICT (too many).
 */
export async function createToken(
  viewer: Viewer,
  input: CreateTokenInput,
  idempotencyKey?: string,
): Promise<CreatedToken> {
  const { userId } = sessionOfViewer(viewer);
  return once(
    viewer,
    { key: idempotencyKey, operation: "token.create", input },
    (settle) => insertToken(viewer, userId, viewer, input, settle),
    async (id) => {
      const row = await db().token.findFirst({ where: { id, userId }, select: tokenSelect });
      if (!row) throw notFound("token");
      return toItem(row);
    },
  );
}

/** As `createToken`, by an operator, for a user. A token's collection is one that the user may see. */
export async function createTokenFor(
  viewer: Viewer,
  user: UserViewer,
  input: CreateTokenInput,
): Promise<CreatedToken & { token: string }> {
  if (viewer.kind !== "system") throw notFound("user");
  return insertToken(viewer, user.userId, user, input);
}

async function insertToken(
  viewer: Viewer,
  userId: string,
  user: Viewer,
  { name, scopes, collection: slug, expiresAt }: CreateTokenInput,
  settle: Settle = async () => {},
): Promise<CreatedToken & { token: string }> {
  const end = expiresAt === undefined ? null : new Date(expiresAt);
  if (end && end.getTime() <= Date.now()) throw invalidEnd();
  const collectionId = slug === undefined ? null : await collectionIdOf(user, slug);
  const text = newTokenText();
  const row = await db().$transaction(async (tx) => {
    await requireFew(tx, userId);
    const created = await tx.token.create({
      data: { userId, name, scopes, collectionId, expiresAt: end, hash: hashOfToken(text) },
      select: tokenSelect,
    });
    await settle(tx, created.id);
    const detail = { name, scopes, expiresAt: end?.toISOString() ?? null };
    await recordEvent(tx, viewer, {
      action: "token.created",
      subjectType: "token",
      subjectId: created.id,
      ...(collectionId === null ? {} : { collectionId }),
      detail,
    });
    return created;
  });
  return { ...toItem(row), token: text };
}

function invalidEnd(): AppError {
  const message = "A token must expire in the future, or never.";
  return new AppError("INVALID", message, { issues: [{ path: "expiresAt", message }] });
}

async function collectionIdOf(user: Viewer, slug: string): Promise<string> {
  const scope = { AND: [{ slug: isSlug(slug) ? slug : "" }, collectionsWhere(user, "see")] };
  const collection = await db().collection.findFirst({ where: scope, select: { id: true } });
  if (!collection) throw notFound("collection");
  return collection.id;
}

/** Throws CONFLICT when the user has as many tokens as one may have. Concurrent calls wait for each other. */
async function requireFew(tx: Transaction, userId: string): Promise<void> {
  await lockName(tx, `tokens ${userId}`);
  if ((await tx.token.count({ where: { userId } })) < maxPerUser) return;
  throw new AppError("CONFLICT", `An account has at most ${maxPerUser} tokens. Revoke one that is not used any more.`);
}

/** Revokes a token of the viewer: its next request is refused. Throws UNAUTHENTICATED without a session, NOT_FOUND. */
export async function revokeToken(viewer: Viewer, tokenId: string): Promise<void> {
  const { userId } = sessionOfViewer(viewer);
  await deleteToken(viewer, { id: requireId(tokenId, "token"), userId });
}

/** As `revokeToken`, by an operator, of any user. Returns which it was. With `isDryRun` it stays. */
export async function revokeAnyToken(
  viewer: Viewer,
  tokenId: string,
  { isDryRun }: { isDryRun: boolean },
): Promise<{ name: string; user: string }> {
  if (viewer.kind !== "system") throw notFound("token");
  const id = requireId(tokenId, "token");
  const token = await db().token.findUnique({
    where: { id },
    select: { name: true, user: { select: { email: true } } },
  });
  if (!token) throw notFound("token");
  if (!isDryRun) await deleteToken(viewer, { id });
  return { name: token.name, user: token.user.email };
}

async function deleteToken(viewer: Viewer, where: { id: string; userId?: string }): Promise<void> {
  await db().$transaction(async (tx) => {
    const token = await tx.token.findFirst({ where, select: { id: true, name: true, collectionId: true } });
    const { count } = await tx.token.deleteMany({ where });
    // A call at the same time may have revoked it between the two.
    if (!token || count === 0) throw notFound("token");
    const { id, name, collectionId } = token;
    await recordEvent(tx, viewer, {
      action: "token.revoked",
      subjectType: "token",
      subjectId: id,
      ...(collectionId === null ? {} : { collectionId }),
      detail: { name },
    });
  });
}

/** Deletes tokens that expired long ago. Returns how many. */
export async function deleteExpiredTokens(viewer: Viewer, now = new Date()): Promise<number> {
  if (viewer.kind !== "system") throw notFound("token");
  const before = new Date(now.getTime() - keptExpiredSeconds * 1_000);
  let deleted = 0;
  for (let page = deletedAtOnce; page === deletedAtOnce; deleted += page) {
    const old = await db().token.findMany({
      where: { expiresAt: { lt: before } },
      select: { id: true },
      take: deletedAtOnce,
    });
    page = (await db().token.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } })).count;
  }
  return deleted;
}
