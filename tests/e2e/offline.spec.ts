import { expect } from "@playwright/test";
import { dropOnPage, folderOfFiles } from "./dropped-files";
import { createCollection } from "./site";
import { test } from "./test";

/** ATOLL_TEST_OFFLINE_SECONDS=60 for the long run. */
const offlineSeconds = Number(process.env.ATOLL_TEST_OFFLINE_SECONDS ?? 8);
const count = 400;

test(`${offlineSeconds} s without a network are waited out, and nothing is lost or sent twice`, async ({
  page,
  context,
}) => {
  test.setTimeout(120_000 + offlineSeconds * 1_000);
  const folder = await folderOfFiles(count);
  try {
    const address = await createCollection(page, "Offline");
    let arrived = 0;
    page.on("response", (response) => {
      if (response.request().method() === "POST" && response.status() === 201) arrived += 1;
    });
    await dropOnPage(page, [folder.dir]);
    const region = page.getByRole("region", { name: "Upload" });
    await expect.poll(() => arrived, { intervals: [20] }).toBeGreaterThan(20);
    await context.setOffline(true);
    await expect(region.getByText("You seem to be offline.").first()).toBeVisible();
    const then = arrived;
    // The time itself is what is tried: nothing else ends it.
    await page.waitForTimeout(offlineSeconds * 1_000);
    expect(arrived, "nothing was sent meanwhile").toBeLessThanOrEqual(then + 6);
    expect(arrived, "there was something left to send").toBeLessThan(count);
    await context.setOffline(false);
    await expect(region.getByRole("heading", { name: /400 files.*verified/ })).toBeVisible({ timeout: 60_000 });
    // A post under way when the network went may be sent again; no more than that.
    expect(arrived).toBeLessThanOrEqual(count + 6);
    const answer = await page.request.get(`/api/v1/collections/${address.split("/").at(-1)}/media`);
    expect(answer.ok()).toBe(true);
  } finally {
    await folder.remove();
  }
});
