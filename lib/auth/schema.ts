import { z } from "zod";
import { invitationToken } from "@/lib/invitation/schema";
import { textLine } from "@/lib/text/schema";
import { isCommonPassword } from "./common-passwords/policy";
import { isMadeOfContext, maxNameCharacters, normalizePassword, passwordPolicy } from "./policy";

const { minCharacters, maxCharacters } = passwordPolicy;
/** Bounds the work of normalizing, in UTF-16 units: 128 characters typed in decomposed form have up to four times as many. */
const maxTypedLength = 1_000;

/** Trimmed and in lower case, as stored, so that one address has one spelling. */
const email = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.email("Enter a valid e-mail address.").max(254, "This e-mail address is too long."));

/** Counts code points of the text that is hashed, so that an emoji counts once. */
function lengthOf(password: string): number {
  return [...normalizePassword(password)].length;
}

/**
 * A password that a person chooses: long enough and not common, otherwise of any characters (OWASP ASVS 5.0, 6.2). Words of
 * the person's name and address and of the site are rejected where it is hashed (password.ts), which knows them.
 */
export const newPassword = z
  .string()
  .max(maxTypedLength, { error: `The password can have at most ${maxCharacters} characters.`, abort: true })
  .refine((text) => text.isWellFormed(), { error: "The password is not valid Unicode.", abort: true })
  .refine((text) => lengthOf(text) >= minCharacters, `The password needs at least ${minCharacters} characters.`)
  .refine((text) => lengthOf(text) <= maxCharacters, `The password can have at most ${maxCharacters} characters.`)
  .refine(
    (text) => !isCommonPassword(normalizePassword(text)) && new Set(text).size > 1,
    "This password is too common and easy to guess. Choose another one, for example several words.",
  );

const personName = textLine("The name")
  .max(maxNameCharacters, `The name can have at most ${maxNameCharacters} characters.`)
  // Forms send an empty field as an empty string.
  .transform((text) => text || undefined);

/** Without `email` the account gets the address of its invitation. */
export const signUpInput = z.object({
  email: email.optional(),
  name: personName.optional(),
  password: newPassword,
  invitation: invitationToken.optional(),
});
export type SignUpForm = z.input<typeof signUpInput>;
export type SignUpInput = z.output<typeof signUpInput>;

/** Input of the form that has a link mailed: with `invitation`, to its address, or to `email` where it has none. */
export const requestInvitationInput = z.object({ email: email.optional(), invitation: invitationToken.optional() });
export type RequestInvitationForm = z.input<typeof requestInvitationInput>;

export const inviteInput = z.object({ email: email.optional() });

/** Input of the sign-in form. The rules for new passwords do not apply: existing passwords may predate them. */
export const signInInput = z.object({
  email,
  password: z.string().min(1).max(maxTypedLength),
});

export const createUserInput = z
  .object({
    email,
    name: personName.optional(),
    password: newPassword.optional(),
    /** By default, the first account of an empty site is its administrator's. */
    isAdmin: z.boolean().optional(),
  })
  .refine(
    ({ email, name = "", password }) => password === undefined || !isMadeOfContext(password, [email, name, "atoll"]),
    {
      path: ["password"],
      message: "The password must not be made of the name, the e-mail address or the site's name.",
    },
  );
export type CreateUserInput = z.output<typeof createUserInput>;
