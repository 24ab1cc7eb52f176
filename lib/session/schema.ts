import { z } from "zod";
import { sessionPolicy } from "@/lib/auth/policy";
import { cursorText } from "@/lib/sealed/schema";

/** A session as its user sees it: a browser that is signed in. */
export const sessionItem = z.object({
  id: z.uuid(),
  /** Short words of the User-Agent, like "Firefox on Windows". */
  device: z.string(),
  /** The address it was signed in from. */
  ipAddress: z.string().nullable(),
  /** When it was signed in. */
  createdAt: z.iso.datetime(),
  /** Up to `sessionPolicy.seenEverySeconds` before its last use. */
  lastSeenAt: z.iso.datetime(),
  /** The session of this request. */
  isCurrent: z.boolean(),
});
export type SessionItem = z.infer<typeof sessionItem>;

export type SessionPage = { items: SessionItem[]; nextCursor: string | null };

/** Query parameters of the list of sessions. */
export const sessionListInput = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(sessionPolicy.maxPerUser),
  cursor: cursorText.optional(),
});
export type SessionListInput = z.output<typeof sessionListInput>;
