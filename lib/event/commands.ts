import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import type { Prisma, Transaction } from "@/lib/db";
import type { EventAction, EventSubject } from "./schema";

type NewEvent = {
  action: EventAction;
  subjectType: EventSubject;
  subjectId: string;
  collectionId?: string;
  detail?: Prisma.InputJsonObject;
};

/** Adds an entry to the audit log in the transaction of the change it records. Returns its id. */
export async function recordEvent(tx: Transaction, viewer: Viewer, event: NewEvent): Promise<bigint> {
  const { detail = {}, ...rest } = event;
  const line = await tx.event.create({ data: { ...rest, ...actorOf(viewer), detail }, select: { id: true } });
  return line.id;
}

function actorOf(viewer: Viewer) {
  if (viewer.kind === "system") return { actorName: viewer.name };
  const { ipAddress = null } = viewer;
  if (viewer.kind === "anonymous") return { actorName: "anonymous", ipAddress };
  return { actorId: viewer.userId, actorName: viewer.name, ipAddress };
}
