import { z } from "zod";
import { sessionPolicy } from "@/lib/auth/policy";

/** A session as its user sees it: a browser that is signed in. */
export type SessionItem = {
  id: string;
  /** Short words of the User-Agent, like "Firefox on Windows". */
  device: string;
  /** The address it was signed in from. */
  ipAddress: string | null;
  /** When it was signed in. */
  createdAt: string;
  /** Up to `sessionPolicy.seenEverySeconds` before its last use. */
  lastSeenAt: string;
  /** The session of this request. */
  isCurrent: boolean;
};

export type SessionPage = { items: SessionItem[]; nextCursor: string | null };

/** Where the next page of a list starts: after this session. */
export type SessionCursor = { createdAt: Date; id: string };

const separator = "_";
const malformed = "The cursor is not one of this list. Start without a cursor.";

/** Returns the cursor as text. It tells nothing that the item before it does not. */
export function sessionCursorText({ createdAt, id }: SessionCursor): string {
  return `${createdAt.toISOString()}${separator}${id}`;
}

const cursor = z
  .string()
  .max(80, malformed)
  .transform((text) => text.split(separator))
  .pipe(z.tuple([z.iso.datetime(malformed), z.uuid(malformed)], malformed))
  .transform(([createdAt, id]): SessionCursor => ({ createdAt: new Date(createdAt), id }));

/** Query parameters of the list of sessions. */
export const sessionListInput = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(sessionPolicy.maxPerUser),
  cursor: cursor.optional(),
});
export type SessionListInput = z.output<typeof sessionListInput>;
