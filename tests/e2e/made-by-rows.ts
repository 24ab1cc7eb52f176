// Accounts and collections for tests whose subject comes after them. The screens that make them cost each test three pages and a
// password's hash; account, foreign, main-job and outsiders use those screens.
import { randomBytes, randomUUID } from "node:crypto";
import { type BrowserContextOptions, expect, type Page } from "@playwright/test";
import { decode, encode } from "next-auth/jwt";
import { readRunning } from "@/lib/cli/start/data-dir";
import { onServer } from "@/tests/support/template";
import { requiredEnv } from "./required-env";

/** Cookies of a signed-in browser. */
export type Session = Exclude<BrowserContextOptions["storageState"], string | undefined>;

const cookieName = "next-auth.session-token";

/** Returns the environment of the tested site. */
export function siteEnv(): { databaseUrl: string; secret: string } {
  const { DATABASE_URL, NEXTAUTH_SECRET } = readRunning(requiredEnv("ATOLL_DATA_DIR")) ?? {};
  if (!DATABASE_URL || !NEXTAUTH_SECRET) throw new Error("the site does not run in the tests' data folder");
  return { databaseUrl: DATABASE_URL, secret: NEXTAUTH_SECRET };
}

/** Makes an account and a session of it, in a browser of the site at `baseURL`. */
export async function newSession(name: string, baseURL: string): Promise<Session> {
  const { databaseUrl, secret } = siteEnv();
  const [email, sessionId] = [`${randomBytes(6).toString("hex")}@example.org`, randomUUID()];
  await onServer(
    databaseUrl,
    `WITH person AS (INSERT INTO "user" ("email", "name") VALUES ('${email}', '${name}') RETURNING "id", "session_epoch")
     INSERT INTO "session" ("id", "user_id", "epoch", "device")
     SELECT '${sessionId}', "id", "session_epoch", 'Chrome on Linux' FROM person`,
  );
  const value = await encode({ token: { sessionId }, secret });
  const { hostname: domain } = new URL(baseURL);
  const attributes = { domain, path: "/", expires: -1, httpOnly: true, secure: false, sameSite: "Lax" } as const;
  return { cookies: [{ name: cookieName, value, ...attributes }], origins: [] };
}

/** Makes a collection of the person whose session the page has, opens it and returns its path. `site` as in `createCollection`. */
export async function openNewCollection(page: Page, name: string, site = ""): Promise<string> {
  const { databaseUrl, secret } = siteEnv();
  const token = (await page.context().cookies()).find((cookie) => cookie.name === cookieName)?.value;
  const { sessionId } = (await decode({ token: token ?? "", secret })) ?? {};
  const slug = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-${randomBytes(3).toString("hex")}`;
  await onServer(
    databaseUrl,
    `WITH made AS (
       INSERT INTO "collection" ("slug", "name", "created_by_id", "updated_at")
       SELECT '${slug}', '${name}', "user_id", now() FROM "session" WHERE "id" = '${sessionId}' RETURNING "id", "created_by_id"
     )
     INSERT INTO "member" ("collection_id", "user_id", "role") SELECT "id", "created_by_id", 'owner' FROM made`,
  );
  await page.goto(`${site}/c/${slug}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  return `/c/${slug}`;
}
