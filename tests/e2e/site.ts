import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page } from "@playwright/test";
import { onServer } from "@/tests/support/template";
import { siteEnv } from "./made-by-rows";
import { requiredEnv } from "./required-env";
import { test } from "./test";

/** Creates a collection by the site's own dialog and returns its path. `site` is needed where the page's context has no base URL. */
export async function createCollection(page: Page, name: string, site = ""): Promise<string> {
  await page.goto(`${site}/collections`);
  await page.getByRole("button", { name: "New collection" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create collection" }).click();
  await expect(page).toHaveURL(/\/c\/[a-z0-9-]+$/);
  return new URL(page.url()).pathname;
}

export type MediaItem = { id: string; path: string; state: string };

/** Lists a collection's media by the API. `site` as in `createCollection`. */
export async function mediaOf(page: Page, address: string, site = ""): Promise<MediaItem[]> {
  const response = await page.request.get(`${site}/api/v1/collections/${address.split("/").at(-1)}/media`);
  expect(response.ok()).toBe(true);
  return ((await response.json()) as { items: MediaItem[] }).items;
}

export type LoggedRequest = { method: string; path: string; status: number; bytesIn: number; bytesOut: number };

/** Reads the site's log of every request since it was started. */
export async function requestLog(): Promise<LoggedRequest[]> {
  const file = path.join(requiredEnv("ATOLL_DATA_DIR"), "logs/requests.ndjson");
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as LoggedRequest);
}

/** Makes the person a contributor of their collection, in which others have added all files so far. */
export async function becomeContributor(address: string): Promise<void> {
  const { databaseUrl } = siteEnv();
  const collection = `(SELECT "id" FROM "collection" WHERE "slug" = '${address.split("/").at(-1)}')`;
  await onServer(databaseUrl, `UPDATE "member" SET "role" = 'contributor' WHERE "collection_id" = ${collection}`);
  await onServer(databaseUrl, `UPDATE "media" SET "created_by_id" = NULL WHERE "collection_id" = ${collection}`);
}

/** Prints a figure measured by the running test and keeps it in the report. */
export function note(type: string, description: string): void {
  test.info().annotations.push({ type, description });
  console.log(`${type}: ${description}`);
}
