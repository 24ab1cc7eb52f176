import { randomUUID } from "node:crypto";
import { deviceOf } from "@/lib/auth/device";
import { mintUserViewer } from "@/lib/auth/viewer";
import { db, firstId } from "@/lib/db";
import { deleteIdempotencyKeys, once } from "@/lib/idempotency/commands";
import * as sessionCommands from "@/lib/session/commands";
import * as sessionQueries from "@/lib/session/queries";
import * as tokenCommands from "@/lib/token/commands";
import * as tokenQueries from "@/lib/token/queries";
import * as userCommands from "@/lib/user/commands";
import * as userQueries from "@/lib/user/queries";
import { all, type Row, systemOnly } from "./row";

/** For everyone with a session, whatever their role: of the actors all but anonymous, the disabled owner and the system. */
const signedIn = all("?+++++??");

async function account(disabledAt: Date | null = null): Promise<{ id: string; email: string }> {
  return db().user.create({
    data: { email: `${randomUUID()}@example.org`, disabledAt },
    select: { id: true, email: true },
  });
}

async function foreignToken(): Promise<{ id: string }> {
  const { id: userId } = await account();
  const data = { userId, name: "CI", scopes: ["read"], hash: randomUUID() };
  return db().token.create({ data, select: { id: true } });
}

export const accounts: Row[] = [
  {
    name: "session/queries/sessionsOf",
    ...signedIn,
    run: async (viewer) => {
      const { items } = await sessionQueries.sessionsOf(viewer, { limit: 10 });
      if (items.length !== 1 || !items[0]?.isCurrent) throw new Error("Not the viewer's own session alone");
    },
  },
  {
    name: "session/commands/endSession, another person's",
    ...all("?.....??"),
    run: async (viewer) => {
      const { id: userId } = await account();
      const { id } = await db().session.create({ data: { userId, epoch: 0, device: "Other" } });
      await sessionCommands.endSession(viewer, id);
    },
  },
  {
    name: "session/commands/endOtherSessions, without others",
    ...signedIn,
    run: async (viewer) => {
      await sessionCommands.endOtherSessions(viewer, deviceOf({}));
    },
  },
  {
    name: "session/commands/deleteEndedSessions",
    ...systemOnly,
    run: async (viewer) => {
      await sessionCommands.deleteEndedSessions(viewer);
    },
  },
  {
    name: "token/queries/tokensOf",
    ...signedIn,
    run: async (viewer) => void (await tokenQueries.tokensOf(viewer, { limit: 10 })),
  },
  {
    name: "token/queries/tokensAfter",
    ...systemOnly,
    run: async (viewer) => void (await tokenQueries.tokensAfter(viewer, firstId)),
  },
  {
    name: "token/commands/createToken",
    ...signedIn,
    changes: true,
    run: async (viewer) => void (await tokenCommands.createToken(viewer, { name: "CI", scopes: ["upload"] })),
  },
  {
    name: "token/commands/createToken, for a private collection of others",
    private: "?.++++??",
    preview: "?+++++??",
    public: "?+++++??",
    changes: true,
    run: async (viewer, { slug }) =>
      void (await tokenCommands.createToken(viewer, { name: "CI", scopes: ["read"], collection: slug })),
  },
  {
    name: "token/commands/createTokenFor",
    ...systemOnly,
    changes: true,
    run: async (viewer) => {
      const { id, email } = await account();
      const user = mintUserViewer({ id, email, name: null });
      await tokenCommands.createTokenFor(viewer, user, { name: "CI", scopes: ["upload"] });
    },
  },
  {
    name: "token/commands/revokeToken, another person's",
    ...all("?.....??"),
    run: async (viewer) => tokenCommands.revokeToken(viewer, (await foreignToken()).id),
  },
  {
    name: "token/commands/revokeAnyToken",
    ...systemOnly,
    changes: true,
    run: async (viewer) =>
      void (await tokenCommands.revokeAnyToken(viewer, (await foreignToken()).id, { isDryRun: false })),
  },
  {
    name: "token/commands/deleteExpiredTokens",
    ...systemOnly,
    run: async (viewer) => void (await tokenCommands.deleteExpiredTokens(viewer)),
  },
  {
    name: "idempotency/commands/deleteIdempotencyKeys",
    ...systemOnly,
    run: async (viewer) => void (await deleteIdempotencyKeys(viewer)),
  },
  {
    name: "idempotency/commands/once",
    ...all("++++++++"),
    run: (viewer) =>
      once(
        viewer,
        { key: randomUUID(), operation: "test", input: {} },
        async () => "+",
        async () => "x",
      ),
  },
  { name: "user/queries/profileOf", ...signedIn, run: (viewer) => userQueries.profileOf(viewer) },
  { name: "user/queries/usersAfter", ...systemOnly, run: (viewer) => userQueries.usersAfter(viewer, "", 1) },
  {
    name: "user/commands/changePassword, to one that the rules reject",
    ...all("?xxxxx??"),
    run: (viewer) =>
      userCommands.changePassword(viewer, { currentPassword: "unknown", newPassword: "password" }, deviceOf({})),
  },
  {
    name: "user/commands/setPassword",
    ...systemOnly,
    changes: true,
    run: async (viewer) =>
      userCommands.setPassword(viewer, { email: (await account()).email, password: "three small words" }),
  },
  {
    name: "user/commands/disableUser",
    ...systemOnly,
    changes: true,
    run: async (viewer) => userCommands.disableUser(viewer, (await account()).email),
  },
  {
    name: "user/commands/enableUser",
    ...systemOnly,
    changes: true,
    run: async (viewer) => userCommands.enableUser(viewer, (await account(new Date())).email),
  },
];
