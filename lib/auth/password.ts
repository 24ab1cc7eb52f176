import "server-only";
import { hash, verify } from "@node-rs/argon2";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";
import { isMadeOfContext, normalizePassword } from "./policy";

/** argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
const argon2id = 2;
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Whose password it is; null for one that the operator answers for. */
export type PasswordOwner = { email: string; name: string | null } | null;

/** Checks that a new password is more than words of its owner's name and address or of the site's. Throws INVALID. */
export function requireOwnWords(password: string, owner: PasswordOwner): void {
  if (owner === null) return;
  const context = [owner.email, owner.name ?? "", new URL(env().ATOLL_URL).hostname, "atoll"];
  if (!isMadeOfContext(password, context)) return;
  const message = "This password is made of your name, your e-mail address or this site's name. Choose another one.";
  throw new AppError("INVALID", message, { issues: [{ path: "password", message }] });
}

/** Hashes a new password. Throws INVALID as `requireOwnWords`. */
export async function hashPassword(password: string, owner: PasswordOwner): Promise<string> {
  requireOwnWords(password, owner);
  return hash(normalizePassword(password), cost);
}

let dummyHash: Promise<string> | undefined;

/**
 * Tells whether the password matches the hash. Without a hash (unknown address, or provider-only account) it verifies a
 * dummy hash and returns false, so that the response time does not reveal who has an account.
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  dummyHash ??= hash("not a real password", cost);
  const compared = passwordHash ?? (await dummyHash);
  // A hash may be older than the normalization. Both forms are tried for every hash, so that the time tells nothing.
  const forms = new Set([normalizePassword(password), password]);
  const matches = await Promise.all([...forms].map((form) => verify(compared, form)));
  return passwordHash !== null && matches.includes(true);
}
