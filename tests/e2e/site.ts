import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, expect, type Page, test } from "@playwright/test";

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: playwright.config.ts sets it`);
  return value;
}

/** As the demo user. `site` where the page's context knows no base URL. */
export async function signIn(page: Page, site = ""): Promise<void> {
  await page.goto(`${site}/sign-in`);
  await page.getByLabel("E-mail").fill("demo@atoll.local");
  await page.getByLabel("Password", { exact: true }).fill(given("ATOLL_DEMO_PASSWORD"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/collections$/);
}

/** As somebody nobody knows yet. */
export async function signUp(page: Page, name: string): Promise<void> {
  await page.goto("/sign-up");
  await page.getByLabel(/^Name/).fill(name);
  await page.getByLabel("E-mail").fill(`${randomBytes(6).toString("hex")}@example.org`);
  await page.getByLabel("Password", { exact: true }).fill(randomBytes(12).toString("hex"));
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL(/\/collections$/);
}

/** Returns the path of its page. */
export async function createCollection(page: Page, name: string, site = ""): Promise<string> {
  await page.goto(`${site}/collections`);
  await page.getByRole("button", { name: "New collection" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create collection" }).click();
  await expect(page).toHaveURL(/\/c\/[a-z0-9-]+$/);
  return new URL(page.url()).pathname;
}

export type LoggedRequest = { method: string; path: string; status: number; bytesIn: number; bytesOut: number };

/** What the site itself wrote down of every request since it was started. */
export async function requestLog(): Promise<LoggedRequest[]> {
  const file = path.join(given("ATOLL_DATA_DIR"), "logs/requests.ndjson");
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as LoggedRequest);
}

/** A figure measured by the test that runs: printed, and kept in its report. */
export function note(type: string, description: string): void {
  test.info().annotations.push({ type, description });
  console.log(`${type}: ${description}`);
}

type Look = { name: string; width: number; height: number; dark: boolean };

/** Both widths, both colour schemes. */
export const looks: Look[] = [
  { name: "desktop, light", width: 1440, height: 900, dark: false },
  { name: "desktop, dark", width: 1440, height: 900, dark: true },
  { name: "phone, light", width: 390, height: 844, dark: false },
  { name: "phone, dark", width: 390, height: 844, dark: true },
];

/** A page of a browser context of its own. */
export async function pageWith(browser: Browser, look: Look): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  return context.newPage();
}

/** Nothing axe complains of, and nothing that scrolls sideways. */
export async function expectSound(page: Page, shown: "main" | "dialog" = "main"): Promise<void> {
  await expect(page.getByRole(shown)).toBeVisible();
  // While a page is fetched anew Next takes its title out for a moment: one that stays away fails here.
  await expect(page).toHaveTitle(/./);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${page.url()} ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect(found).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow, `${page.url()} scrolls sideways`).toBeLessThanOrEqual(0);
}
