import { z } from "zod";
import { roles } from "@/lib/collection/policy";

export const setMemberInput = z.object({ userId: z.uuid(), role: z.enum(roles, "Choose a role.") });
/** The same, of a person who is named elsewhere. */
export const setRoleInput = setMemberInput.pick({ role: true }).strict();
export type SetMemberInput = z.output<typeof setMemberInput>;

/** A member as the collection's owners see them. */
export const memberItem = z.object({
  userId: z.uuid(),
  name: z.string().nullable(),
  email: z.string(),
  role: z.enum(roles),
  createdAt: z.iso.datetime(),
});
export type MemberItem = z.infer<typeof memberItem>;

/** Where the next page of a list starts: after the member with this user id. */
export const memberPosition = z.uuid();
