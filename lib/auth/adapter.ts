import "server-only";
import { randomUUID } from "node:crypto";
import { PrismaAdapter } from "@auth/prisma-adapter";
import type { Adapter, AdapterAccount, AdapterUser } from "next-auth/adapters";
import { db } from "@/lib/db";
import { recordEvent } from "@/lib/event/commands";
import { sessionUserSelect } from "./commands";
import { mintUserViewer, type Origin } from "./viewer";

const adapterUserSelect = { ...sessionUserSelect, emailVerified: true } as const;
type Pending = { id: string; email: string; name: string | null };

/**
 * Creates the next-auth adapter for provider sign-in, for one request. Differs from the Prisma adapter in four ways: it
 * never reads password hashes, it does not store provider tokens, it creates user and account in one transaction, and it does
 * not touch sessions (`startSession`).
 */
export function requestAdapter(origin: Origin): Adapter {
  let pending: Pending | null = null;
  // PrismaAdapter's type expects the client of @prisma/client. The generated client has the same interface.
  const whole = PrismaAdapter(db() as unknown as Parameters<typeof PrismaAdapter>[0]) as Adapter;
  const { createSession, getSessionAndUser, updateSession, deleteSession, ...users } = whole;
  return {
    ...users,
    getUser: (id) => db().user.findUnique({ where: { id }, select: adapterUserSelect }),
    getUserByEmail: (email) =>
      db().user.findUnique({ where: { email: email.toLowerCase() }, select: adapterUserSelect }),
    getUserByAccount: async (provider_providerAccountId) => {
      const user = { select: adapterUserSelect };
      const account = await db().account.findUnique({ where: { provider_providerAccountId }, select: { user } });
      return account?.user ?? null;
    },
    createUser: async ({ email, name }: Omit<AdapterUser, "id">) => {
      pending = { id: randomUUID(), email: email.toLowerCase(), name: name ?? null };
      return { ...pending, emailVerified: new Date(), sessionEpoch: 0 };
    },
    linkAccount: async (account: AdapterAccount) => {
      if (pending?.id !== account.userId) throw new Error("A provider can only be linked to the user it came with");
      await insertUserWithAccount(pending, account, origin);
      pending = null;
    },
  };
}

async function insertUserWithAccount(
  user: Pending,
  { type, provider, providerAccountId }: AdapterAccount,
  origin: Origin,
): Promise<void> {
  await db().$transaction(async (tx) => {
    // allowsSignIn has rejected addresses the provider did not verify.
    const data = { ...user, emailVerified: new Date(), accounts: { create: { type, provider, providerAccountId } } };
    await tx.user.create({ data, select: { id: true } });
    await recordEvent(tx, mintUserViewer(user, origin), {
      action: "user.signedUp",
      subjectType: "user",
      subjectId: user.id,
      detail: { provider },
    });
  });
}
