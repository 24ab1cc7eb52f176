import { z } from "zod";
import { roles } from "@/lib/collection/policy";

export const setMemberInput = z.object({ userId: z.uuid(), role: z.enum(roles, "Choose a role.") });
export type SetMemberInput = z.output<typeof setMemberInput>;

/** A member as the collection's owners see them. */
const memberItem = z.object({
  userId: z.uuid(),
  name: z.string().nullable(),
  email: z.string(),
  role: z.enum(roles),
  createdAt: z.iso.datetime(),
});
export type MemberItem = z.infer<typeof memberItem>;
