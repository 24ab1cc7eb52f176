import "server-only";
import { hash, verify } from "@node-rs/argon2";

/** argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
const argon2id = 2;
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Normalizes Unicode, so that a password typed on another keyboard still matches (NIST SP 800-63B 3.1.1.2). */
function normalized(password: string): string {
  return password.normalize("NFKC");
}

export function hashPassword(password: string): Promise<string> {
  return hash(normalized(password), cost);
}

let dummyHash: Promise<string> | undefined;

/**
 * Tells whether the password matches the hash. Without a hash (unknown address, or provider-only account) it verifies a
 * dummy hash and returns false, so that the response time does not reveal who has an account.
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  if (passwordHash !== null) return verify(passwordHash, normalized(password));
  dummyHash ??= hash("not a real password", cost);
  await verify(await dummyHash, normalized(password));
  return false;
}
