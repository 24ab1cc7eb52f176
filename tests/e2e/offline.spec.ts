import { expect } from "@playwright/test";
import { uploadPolicy } from "@/lib/upload/policy";
import { maxWait } from "@/lib/uploader/state/backoff";
import { formNumber } from "@/tests/support/forms.mjs";
import { dropOnPage, folderOfFiles } from "./dropped-files";
import { openNewCollection } from "./made-by-rows";
import { mediaOf } from "./site";
import { countFileRequests } from "./storage-requests";
import { test } from "./test";
import { expectFinished, uploadRegion } from "./uploads";

const offlineMs = formNumber("ATOLL_TEST_OFFLINE_SECONDS") * 1_000;
/** Made after the first ones have failed. */
const laterAttempts = Math.floor(offlineMs / maxWait.offlineProbeMs);
const files = 400;
const { parallelPosts } = uploadPolicy;

test("an upload waits while there is no network, and nothing is lost or sent twice", async ({ page, context }) => {
  test.setTimeout(300_000 + 2 * offlineMs);
  const folder = await folderOfFiles(files);
  try {
    const address = await openNewCollection(page, "Offline");
    const count = countFileRequests(page);
    await dropOnPage(page, [folder.dir]);
    await expect.poll(() => count.arrived, { intervals: [20] }).toBeGreaterThan(20);
    await context.setOffline(true);
    await expect(uploadRegion(page).getByText("You seem to be offline.").first()).toBeVisible();
    await expect.poll(() => count.underWay).toBe(0);
    const { arrived, failed } = count;
    expect(failed).toBeGreaterThan(0);
    await expect
      .poll(() => count.failed, { timeout: 60_000 + 2 * offlineMs })
      .toBeGreaterThanOrEqual(failed + laterAttempts);
    expect(count.failed, "one file at a time is tried").toBeLessThanOrEqual(failed + laterAttempts + parallelPosts);
    expect(count.arrived, "nothing arrived meanwhile").toBe(arrived);
    expect(arrived, "there was something left to send").toBeLessThan(files);
    await context.setOffline(false);
    await expectFinished(page, /400 files.*verified/);
    // A post that was under way when the network went may be sent again.
    expect(count.arrived).toBeLessThanOrEqual(files + parallelPosts);
    expect(await mediaOf(page, address)).not.toEqual([]);
  } finally {
    await folder.remove();
  }
});
