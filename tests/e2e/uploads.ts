import { expect, type Locator, type Page } from "@playwright/test";
import { picture } from "@/tests/support/pictures";
import { countFileRequests, refuseFiles } from "./storage-requests";

export type ChosenFile = { name: string; mimeType: string; buffer: Buffer };

export const uploadRegion = (page: Page): Locator => page.getByRole("region", { name: "Upload", exact: true });
export const tray = (page: Page): Locator => page.getByRole("banner").getByRole("button", { name: /upload/ });
export const tiles = (page: Page): Locator =>
  page
    .getByRole("main")
    .getByRole("link")
    .filter({ has: page.getByRole("img") });

export const chosenFile = (name: string, content: Buffer | string, mimeType = "image/jpeg"): ChosenFile => ({
  name,
  mimeType,
  buffer: Buffer.from(content),
});

/** Makes `count` pictures named `0.jpg` and so on. Another seed gives other bytes. */
export async function pictures(count: number, seed = 1): Promise<ChosenFile[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) =>
      chosenFile(`${index}.jpg`, await picture({ width: 200, height: 150, seed: seed + index })),
    ),
  );
}

/** Chooses files, made here or lying on the disk, with the page's input. */
export async function choose(page: Page, files: ChosenFile[] | string[]): Promise<void> {
  await page.getByLabel("Files to upload").setInputFiles(files);
}

export async function expectFinished(page: Page, heading: RegExp | string): Promise<void> {
  await expect(uploadRegion(page).getByRole("heading", { name: heading })).toBeVisible({ timeout: 90_000 });
}

/** Uploads until two files have arrived, then closes the page. */
export async function leaveHalfWay(page: Page, files: ChosenFile[] | string[]): Promise<void> {
  await refuseFiles(page, (count) => count > 2);
  const count = countFileRequests(page);
  await choose(page, files);
  await expect.poll(() => count.arrived).toBe(2);
  // Chromium sends what waits for `refuseFiles` as the page closes: nothing must be under way by then.
  await uploadRegion(page).getByRole("button", { name: "Pause", exact: true }).click();
  await expect(uploadRegion(page).getByRole("heading", { name: /^Paused/ })).toBeVisible();
  await expect.poll(() => count.underWay).toBe(0);
  await page.close({ runBeforeUnload: false });
}

/** Opens the collection until it offers the upload that was left with so many files arrived. */
export async function expectLeftUpload(page: Page, address: string, arrived: string): Promise<void> {
  await expect(async () => {
    await page.goto(address);
    await expect(page.getByText(arrived)).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 120_000 });
}
