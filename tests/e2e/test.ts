import { randomBytes } from "node:crypto";
import { type Browser, test as base, expect, type Page } from "@playwright/test";
import { newSession, type Session } from "./made-by-rows";
import { requiredEnv } from "./required-env";

export const signedOut: Session = { cookies: [], origins: [] };

export type Credentials = { email: string; password: string };

/** Signs in, as the demo user unless another account is named. */
export async function signIn(page: Page, account?: Credentials): Promise<void> {
  const { email, password } = account ?? { email: "demo@atoll.local", password: requiredEnv("ATOLL_DEMO_PASSWORD") };
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/collections$/);
}

/** Creates an account and signs in with it, from a network where nobody else does: one network creates only so many. */
export async function signUp(page: Page, name: string): Promise<Credentials> {
  const account = { email: `${randomBytes(6).toString("hex")}@example.org`, password: randomBytes(12).toString("hex") };
  await page.setExtraHTTPHeaders({ "x-forwarded-for": `10.${[...randomBytes(3)].join(".")}` });
  await page.goto("/sign-up");
  await page.getByLabel(/^Name/).fill(name);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL(/\/collections$/);
  await page.setExtraHTTPHeaders({});
  return account;
}

async function demoSession(browser: Browser, baseURL: string): Promise<Session> {
  const context = await browser.newContext({ baseURL, storageState: signedOut });
  await signIn(await context.newPage());
  const { cookies } = await context.storageState();
  await context.close();
  return { cookies, origins: [] };
}

/**
 * Tests whose pages are signed in from the start, each with an account of its own: no test sees what another one left,
 * whether they share a worker or not. `demoSession` is for tests of the demo's collections.
 */
export const test = base.extend<{ session: Session }, { demoSession: Session }>({
  session: async ({ baseURL }, provide) => {
    await provide(await newSession("Robin", baseURL ?? ""));
  },
  demoSession: [
    async ({ browser }, provide, { project }) => {
      await provide(await demoSession(browser, project.use.baseURL ?? ""));
    },
    { scope: "worker" },
  ],
  storageState: ({ session }, provide) => provide(session),
});
