import { randomUUID } from "node:crypto";
import { deviceOf } from "@/lib/auth/device";
import { db } from "@/lib/db";
import * as sessionCommands from "@/lib/session/commands";
import * as sessionQueries from "@/lib/session/queries";
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
