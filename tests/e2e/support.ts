import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page } from "@playwright/test";

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: playwright.config.ts sets it`);
  return value;
}

/** As the demo user. */
export async function signIn(page: Page): Promise<void> {
  await page.goto("/sign-in");
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
export async function createCollection(page: Page, name: string): Promise<string> {
  await page.goto("/collections");
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
