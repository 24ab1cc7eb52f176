import { createHash } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { partSizeOf, uploadPolicy } from "@/lib/upload/policy";
import { dropOnPage, folderOfFiles, folderOfLargeFile, sizeOf } from "./dropped-files";
import { type Killable, newCollection, openCollection, sentTwice, test } from "./killable";
import { note } from "./site";

const count = 1_000;
/** ATOLL_TEST_KILLED_MB=300 for the large run. */
const largeBytes = Number(process.env.ATOLL_TEST_KILLED_MB ?? 128) * 1_000_000;
const { parallelPosts } = uploadPolicy;

const uploadRegion = (page: Page) => page.getByRole("region", { name: "Upload", exact: true });

/** In the page: nothing that IndexedDB keeps can be read before somebody clicks. */
function readNothingBeforeClick(): void {
  const clicked = new Promise((resolve) => {
    addEventListener("click", () => setTimeout(resolve), { capture: true, once: true });
  });
  const { addEventListener: listen } = IDBOpenDBRequest.prototype;
  IDBOpenDBRequest.prototype.addEventListener = function (type: string, listener: (event: Event) => void) {
    listen.call(
      this,
      type,
      (event) => void (type === "success" ? clicked.then(() => listener(event)) : listener(event)),
    );
  };
}

/** Kills it and starts it again, with a script for its pages; gives the collection's, which says that the upload is still open. */
async function killAndComeBack(killable: Killable, address: string, script?: () => void): Promise<Page> {
  await killable.browser.kill();
  await killable.browser.comeBack();
  if (script) await killable.browser.context.addInitScript(script);
  const page = await openCollection(killable, address);
  await expect(page.getByText("is still open")).toBeVisible();
  return page;
}

async function expectVerified(page: Page, headline: RegExp): Promise<void> {
  await expect(uploadRegion(page).getByRole("heading", { name: headline })).toBeVisible({ timeout: 40_000 });
}

test("a browser killed amid a large file goes on with it, and sends no more again than was on its way", async ({
  killable,
}) => {
  test.setTimeout(180_000);
  const { proxy } = killable;
  const folder = await folderOfLargeFile("dive.mp4", largeBytes);
  try {
    const { page, address } = await newCollection(killable, "Killed amid a file");
    proxy.latencyMs = 50;
    await dropOnPage(page, [folder.dir]);
    await expect.poll(() => proxy.tally.bytesUnder(""), { intervals: [10] }).toBeGreaterThan(largeBytes / 3);
    const later = await killAndComeBack(killable, address, readNothingBeforeClick);
    const before = proxy.tally.bytesUnder("");
    expect(before, "it was killed too late").toBeLessThan(largeBytes);

    // By the handles the browser kept, however quickly one clicks: nothing is dropped again.
    await later.getByRole("button", { name: "Resume", exact: true }).click();
    await expectVerified(later, /^1 file uploaded and verified/);
    const [key = "", ...others] = proxy.tally.keys();
    expect(others).toEqual([]);
    const again = proxy.tally.bytesOf(key) - largeBytes;
    note("large file", `${before} of ${largeBytes} bytes before the kill, ${again} sent again`);
    expect(again).toBeGreaterThanOrEqual(0);
    expect(again).toBeLessThanOrEqual(parallelPosts * partSizeOf(largeBytes));

    const slug = address.split("/").at(-1);
    const { items } = await (await later.request.get(`${killable.site}/api/v1/collections/${slug}/media`)).json();
    expect(items).toMatchObject([{ path: "dive/dive.mp4" }]);
    const original = await later.request.get(`${killable.site}/api/v1/media/${items[0].id}/original`);
    expect(
      createHash("sha256")
        .update(await original.body())
        .digest("hex"),
    ).toBe(folder.sha256);
  } finally {
    await folder.remove();
  }
});

for (const how of ["remembers them", "is given them again"]) {
  test(`a browser killed amid 1,000 files goes on with them where it ${how}, and sends no more again than was on its way`, async ({
    killable,
  }) => {
    test.setTimeout(180_000);
    const { proxy } = killable;
    const folder = await folderOfFiles(count);
    try {
      const { page, address } = await newCollection(killable, "Killed amid many");
      await dropOnPage(page, [folder.dir]);
      await expect.poll(() => proxy.tally.keys().length, { intervals: [10] }).toBeGreaterThan(100);
      const later = await killAndComeBack(killable, address);
      const stored = proxy.tally.keys().length;
      expect(stored, "it was killed too late").toBeLessThan(count);

      // Posts cut off by the kill did not arrive. How many were to come is not known to an upload that was begun while its
      // folder was still being read.
      const arrived = later.getByText(/\d+ (of 1,000 )?files arrived/);
      await expect(arrived).toBeVisible();
      const told = Number(/\d+/.exec((await arrived.textContent()) ?? "")?.[0]);
      expect(told).toBeLessThanOrEqual(stored);
      expect(told).toBeGreaterThanOrEqual(stored - parallelPosts);

      if (how === "remembers them") await later.getByRole("button", { name: "Resume", exact: true }).click();
      else await dropOnPage(later, [folder.dir]);
      await expectVerified(later, /files uploaded and verified/);
      const again = sentTwice(killable, sizeOf);
      note("1,000 files", `${stored} before the kill, ${again} sent again`);
      expect(again).toBeLessThanOrEqual(parallelPosts);
      expect(proxy.tally.keys()).toHaveLength(count);
      await expect(uploadRegion(later).getByText(/failed|missing/)).toHaveCount(0);
    } finally {
      await folder.remove();
    }
  });
}
