import { z } from "zod";
import { normalizePassword } from "@/lib/auth/policy";
import { newPassword } from "@/lib/auth/schema";

/** Input of the form that changes a password. */
export const changePasswordInput = z
  .object({
    currentPassword: z.string().min(1, "Enter your current password."),
    newPassword,
  })
  .refine((typed) => normalizePassword(typed.newPassword) !== normalizePassword(typed.currentPassword), {
    path: ["newPassword"],
    message: "This is your current password. Choose another one.",
  });
export type ChangePasswordForm = z.input<typeof changePasswordInput>;
export type ChangePasswordInput = z.output<typeof changePasswordInput>;

/** An account as its user sees it. `hasPassword`: it does not sign in by a provider alone. */
export type Profile = { name: string | null; email: string; hasPassword: boolean };

/** An account as operators see it. */
export type UserItem = {
  id: string;
  email: string;
  name: string | null;
  isAdmin: boolean;
  hasPassword: boolean;
  createdAt: string;
  disabledAt: string | null;
};
