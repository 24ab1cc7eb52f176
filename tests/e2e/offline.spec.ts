import { expect } from "@playwright/test";
import { uploadPolicy } from "@/lib/upload/policy";
import { maxWait } from "@/lib/uploader/state/backoff";
import { formNumber } from "@/tests/support/forms.mjs";
import { dropOnPage, folderOfFiles } from "./dropped-files";
import { createCollection, mediaOf } from "./site";
import { carriesFile } from "./storage-requests";
import { test } from "./test";
import { expectFinished, uploadRegion } from "./uploads";

const offlineMs = formNumber("ATOLL_TEST_OFFLINE_SECONDS") * 1_000;
/** Made after the first ones have failed. */
const laterAttempts = Math.floor(offlineMs / maxWait.offlineProbeMs);
const count = 400;
const { parallelPosts } = uploadPolicy;

test("an upload waits while there is no network, and nothing is lost or sent twice", async ({ page, context }) => {
  test.setTimeout(180_000 + offlineMs);
  const folder = await folderOfFiles(count);
  try {
    const address = await createCollection(page, "Offline");
    let arrived = 0;
    let failed = 0;
    page.on("response", (response) => {
      if (carriesFile(page, response.request()) && response.ok()) arrived += 1;
    });
    page.on("requestfailed", (request) => {
      if (carriesFile(page, request)) failed += 1;
    });
    await dropOnPage(page, [folder.dir]);
    await expect.poll(() => arrived, { intervals: [20] }).toBeGreaterThan(20);
    await context.setOffline(true);
    await expect(uploadRegion(page).getByText("You seem to be offline.").first()).toBeVisible();
    await expect.poll(() => failed).toBeGreaterThan(0);
    const [arrivedBefore, failedBefore] = [arrived, failed];
    await expect
      .poll(() => failed, { timeout: 60_000 + 2 * offlineMs })
      .toBeGreaterThanOrEqual(failedBefore + laterAttempts);
    // Some may be tried again before the page hears that it is offline.
    expect(failed, "one file at a time is tried").toBeLessThanOrEqual(2 * parallelPosts + laterAttempts);
    expect(arrived, "nothing was sent meanwhile").toBeLessThanOrEqual(arrivedBefore + parallelPosts);
    expect(arrived, "there was something left to send").toBeLessThan(count);
    await context.setOffline(false);
    await expectFinished(page, /400 files.*verified/);
    // A post that was under way when the network went may be sent again.
    expect(arrived).toBeLessThanOrEqual(count + parallelPosts);
    expect(await mediaOf(page, address)).not.toEqual([]);
  } finally {
    await folder.remove();
  }
});
