import "server-only";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { env } from "@/lib/env";
import { type SiteCookie, siteCookieName } from "./cookies";

/** How many accounts of one browser are remembered, the latest ones. */
const maxAccounts = 8;
/** The longest that browsers keep a cookie (RFC 6265bis, 5.5). */
const lifeSeconds = 400 * 24 * 60 * 60;
/** 128 bits in base64url. */
const form = /^[\w-]{22}$/;

/** An account whose password the browser has proven; another epoch (all sessions ended, or a new password) is another account. */
type Account = { id: string; sessionEpoch: number };

/** A browser, and the accounts it has signed in to with a password. */
export type Device = {
  /** Returns the device's id if it has signed in to this account before, in the same epoch, else null. */
  idFor(account: Account): string | null;
  /** Notes a sign-in. The browser learns of it by `cookie`. */
  remember(account: Account): void;
  /** Returns the cookie to set after `remember`, else null. */
  cookie(): SiteCookie | null;
};

/**
 * Reads the device's cookie: a random id, then for each account a signature of both and the account's epoch, so that neither id can
 * be forged, no account is named, and the cookie is worth nothing after a change of password. It signs no one in: it only decides
 * which budget an attempt to sign in is counted by.
 */
export function deviceOf(jar: Readonly<Record<string, string>>): Device {
  const [known = "", ...given] = (jar[cookieName()] ?? "").split(".");
  const id = form.test(known) ? known : randomBytes(16).toString("base64url");
  let signatures = given.filter((one) => form.test(one)).slice(0, maxAccounts);
  let isChanged = false;
  return {
    idFor: (account) => {
      const signature = sign(id, account);
      return signatures.some((one) => isSame(one, signature)) ? id : null;
    },
    remember: (account) => {
      const signature = sign(id, account);
      const earlier = sign(id, { ...account, sessionEpoch: account.sessionEpoch - 1 });
      const others = signatures.filter((one) => !isSame(one, signature) && !isSame(one, earlier));
      signatures = [signature, ...others].slice(0, maxAccounts);
      isChanged = true;
    },
    cookie: () => {
      if (!isChanged) return null;
      return { name: cookieName(), value: [id, ...signatures].join("."), maxAge: lifeSeconds };
    },
  };
}

function sign(id: string, account: Account): string {
  const text = `device ${id} ${account.id} ${account.sessionEpoch}`;
  return createHmac("sha256", env().NEXTAUTH_SECRET).update(text).digest("base64url").slice(0, 22);
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function cookieName(): string {
  return siteCookieName("atoll-device");
}
