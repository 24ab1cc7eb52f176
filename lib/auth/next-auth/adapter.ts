import "server-only";
import { randomUUID } from "node:crypto";
import { PrismaAdapter } from "@auth/prisma-adapter";
import type { Adapter, AdapterAccount, AdapterUser } from "next-auth/adapters";
import { db } from "@/lib/db";
import { fitLine } from "@/lib/text/policy";
import { sessionUserSelect, signUpByProvider } from "../commands";
import { maxNameCharacters } from "../policy";
import { mintAnonymousViewer, type Origin } from "../viewer";

const adapterUserSelect = { ...sessionUserSelect, emailVerified: true } as const;
type Pending = { id: string; email: string; name: string | null };

/**
 * Creates the next-auth adapter for provider sign-in, for one request. Differs from the Prisma adapter in four ways: it
 * never reads password hashes, it does not store provider tokens, it creates user and account in one transaction, by the rule
 * for new accounts, and it does not touch sessions (`startSession`). `invitation` is the token that the person came with.
 */
export function requestAdapter(origin: Origin, invitation: string | undefined): Adapter {
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
      pending = { id: randomUUID(), email: email.toLowerCase(), name: fitLine(name ?? "", maxNameCharacters) };
      return { ...pending, emailVerified: new Date(), sessionEpoch: 0 };
    },
    linkAccount: async (account: AdapterAccount) => {
      if (pending?.id !== account.userId) throw new Error("A provider can only be linked to the user it came with");
      const { type, provider, providerAccountId } = account;
      // allowsSignIn has rejected addresses the provider did not verify.
      await signUpByProvider(mintAnonymousViewer(origin), pending, { type, provider, providerAccountId }, invitation);
      pending = null;
    },
  };
}
