import path from "node:path";
import { expect } from "@playwright/test";
import { dropOnPage, folderOfFiles, folderOfLargeFile } from "./dropped-files";
import { newCollection, test } from "./killable";
import { listStorage } from "./list-storage";
import { uploadRegion } from "./uploads";

const largeBytes = 64 * 1024 * 1024;
const smallFiles = 20;

test("an upload canceled amid a large file leaves nothing behind in the storage", async ({ killable }) => {
  const { proxy } = killable;
  const large = await folderOfLargeFile("dive.mp4", largeBytes);
  const small = await folderOfFiles(smallFiles);
  try {
    const { page } = await newCollection(killable, "Canceled");
    // Half of the file arrives; the other parts are on their way when it is canceled.
    proxy.follow({ seed: 1, share: 1, kinds: ["stall"], applies: ({ part }) => part > 4 });
    await dropOnPage(page, [path.join(large.dir, "dive.mp4"), small.dir]);
    await expect.poll(() => proxy.tally.faults.stall, { intervals: [50] }).toBeGreaterThan(0);
    await expect.poll(() => proxy.tally.bytesUnder("")).toBeGreaterThan(largeBytes / 2);
    const prefix = `${proxy.tally.keys()[0]?.split("/").slice(0, 3).join("/")}/`;
    await expect.poll(async () => (await listStorage(prefix)).objects).toHaveLength(smallFiles);
    expect(await listStorage(prefix)).toMatchObject({ multiparts: [`${prefix}dive.mp4`] });

    const region = uploadRegion(page);
    await region.getByRole("button", { name: "Cancel upload" }).click();
    await page.getByRole("button", { name: "Cancel and remove" }).click();
    await expect(region.getByRole("heading", { name: "The upload was canceled" })).toBeVisible();
    proxy.release();
    await expect.poll(() => listStorage(prefix)).toEqual({ multiparts: [], objects: [] });
  } finally {
    await large.remove();
    await small.remove();
  }
});
