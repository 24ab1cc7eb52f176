import "server-only";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { env } from "@/lib/env";
import { cookieLine, siteCookieName } from "./cookies";

/** How many accounts of one browser are remembered, the latest ones. */
const maxAccounts = 8;
/** The longest that browsers keep a cookie (RFC 6265bis, 5.5). */
const lifeSeconds = 400 * 24 * 60 * 60;
/** 128 bits in base64url. */
const form = /^[\w-]{22}$/;

/** A browser, and the accounts it has signed in to with a password. */
export type Device = {
  /** Returns the device's id if it has signed in to this account before, else null. */
  idFor(accountId: string): string | null;
  /** Notes a sign-in. The browser learns of it by `setCookie`. */
  remember(accountId: string): void;
  /** Returns the Set-Cookie header after `remember`, else null. */
  setCookie(): string | null;
};

/**
 * Reads the device's cookie: a random id, then for each account a signature of both, so that neither id can be forged and no account
 * is named. It lets nobody in: it only decides which budget an attempt to sign in is counted by.
 */
export function deviceOf(jar: Readonly<Record<string, string>>): Device {
  const [known = "", ...given] = (jar[cookieName()] ?? "").split(".");
  const id = form.test(known) ? known : randomBytes(16).toString("base64url");
  let signatures = given.filter((one) => form.test(one)).slice(0, maxAccounts);
  let isChanged = false;
  return {
    idFor: (accountId) => {
      const signature = sign(id, accountId);
      return signatures.some((one) => isSame(one, signature)) ? id : null;
    },
    remember: (accountId) => {
      const signature = sign(id, accountId);
      signatures = [signature, ...signatures.filter((one) => !isSame(one, signature))].slice(0, maxAccounts);
      isChanged = true;
    },
    setCookie: () => (isChanged ? cookieLine(cookieName(), [id, ...signatures].join("."), lifeSeconds) : null),
  };
}

function sign(id: string, accountId: string): string {
  const text = `device ${id} ${accountId}`;
  return createHmac("sha256", env().NEXTAUTH_SECRET).update(text).digest("base64url").slice(0, 22);
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function cookieName(): string {
  return siteCookieName("atoll-device");
}
