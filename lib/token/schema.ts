import { z } from "zod";
import { type Scope, scopes, tokenPolicy } from "@/lib/auth/token/policy";
import { slugMaxLength } from "@/lib/collection/schema";
import { cursorText } from "@/lib/sealed/schema";
import { textLine } from "@/lib/text/schema";

const { maxNameCharacters, maxPerUser } = tokenPolicy;

const tokenScopes = z
  .array(z.enum(scopes, `A scope is ${scopes.join(", ")}.`))
  .min(1, "Choose at least one scope.")
  // In one order, each once.
  .transform((chosen): Scope[] => scopes.filter((scope) => chosen.includes(scope)));

export const createTokenInput = z.strictObject({
  name: textLine("The name")
    .min(1, "Give the token a name.")
    .max(maxNameCharacters, `A name has at most ${maxNameCharacters} characters.`),
  scopes: tokenScopes,
  /** The slug of the only collection it is good for. */
  collection: z.string().min(1).max(slugMaxLength).optional(),
  /** Without it the token never expires. */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});
/** The input of a form or a program. */
export type CreateTokenForm = z.input<typeof createTokenInput>;
export type CreateTokenInput = z.output<typeof createTokenInput>;

/** A token as its user sees it: its text is shown once, when it is created. */
export const tokenItem = z.object({
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.enum(scopes)),
  collection: z.string().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  isExpired: z.boolean(),
  /** Up to a minute before its last use. */
  lastUsedAt: z.iso.datetime().nullable(),
});
export type TokenItem = z.infer<typeof tokenItem>;

export type TokenPage = { items: TokenItem[]; nextCursor: string | null };

/** `token` is the token's text. Only this answer has it, and not when it is repeated for the same `Idempotency-Key`. */
export const createdToken = tokenItem.extend({ token: z.string().optional() });
export type CreatedToken = z.infer<typeof createdToken>;

/** A token as operators see it. */
export type TokenOfUser = TokenItem & { user: string };

export const tokenListInput = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(maxPerUser),
  cursor: cursorText.optional(),
});
export type TokenListInput = z.output<typeof tokenListInput>;
