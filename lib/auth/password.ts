import "server-only";
import { hash, verify } from "@node-rs/argon2";

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
const argon2id = 2;
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The same characters typed on another keyboard are the same password (NIST SP 800-63B 3.1.1.2). */
function normalized(password: string): string {
  return password.normalize("NFKC");
}

export function hashPassword(password: string): Promise<string> {
  return hash(normalized(password), cost);
}

let dummyHash: Promise<string> | undefined;

/**
 * Whether the password is the one behind the hash. Without a hash (nobody has this address, or they sign in by a
 * provider) it takes as long and says no: the time must not tell who has an account.
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  if (passwordHash !== null) return verify(passwordHash, normalized(password));
  dummyHash ??= hash("nobody has this password", cost);
  await verify(await dummyHash, normalized(password));
  return false;
}
