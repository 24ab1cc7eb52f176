import { expect, type Page } from "@playwright/test";
import { dropOnPage, folderOfFiles } from "./dropped-files";
import { openNewCollection } from "./made-by-rows";
import { note } from "./site";
import { test } from "./test";
import { uploadRegion } from "./uploads";

const count = 10_000;
const heapLimitBytes = 20e6;
/** How long the page's tasks take is measured by `npm run bench -- upload`. */
const leastHeadlines = 3;

type Watched = Window & { headlines: Set<string> };

/** Collects the headlines that the upload's region shows from now on. Returns how many there were. */
async function watchHeadlines(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const { headlines } = Object.assign(window as unknown as Watched, { headlines: new Set<string>() });
    new MutationObserver(() => {
      for (const { textContent } of document.querySelectorAll("[aria-label=Upload] h2")) headlines.add(textContent);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as Watched).headlines.size);
}

/** Returns the bytes of JavaScript objects in use, after a garbage collection. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

test("a folder of 10,000 files can be dropped: the page says how far it is, and stays light", async ({ page }) => {
  const folder = await folderOfFiles(count);
  try {
    await openNewCollection(page, "Ten thousand");
    // Nothing is sent: the subject is taking the files in and showing them.
    const site = new URL(page.url()).host;
    await page.route(
      ({ host }) => host !== site,
      (route) => (route.request().method() === "POST" ? undefined : route.fallback()),
    );
    const before = await heapBytes(page);
    const headlines = await watchHeadlines(page);
    await dropOnPage(page, [folder.dir]);
    const region = uploadRegion(page);
    await expect(region.getByRole("heading", { name: "Uploading 10,000 files" })).toBeVisible({ timeout: 90_000 });
    expect(await headlines(), "the first headline, the last, and at least one in between").toBeGreaterThanOrEqual(
      leastHeadlines,
    );
    await region.getByRole("button", { name: "Show files" }).click();
    await expect(region.getByText(/IMG_\d+\.jpg/).first()).toBeVisible();
    const heap = (await heapBytes(page)) - before;
    note("10,000 files", `${await headlines()} headlines, heap ${(heap / 1e6).toFixed(1)} MB more`);
    expect(heap).toBeLessThan(heapLimitBytes);
    expect(await page.locator("li").count(), "only the rows in sight exist").toBeLessThan(100);
  } finally {
    await folder.remove();
  }
});
