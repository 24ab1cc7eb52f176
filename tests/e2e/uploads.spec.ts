import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, type Page } from "@playwright/test";
import { picture } from "@/tests/support/pictures";
import { expectAccessible } from "./accessible";
import { dropOnPage, folderWithSystemFiles, newFolder, waitForDropTarget } from "./dropped-files";
import { openNewCollection } from "./made-by-rows";
import { mediaOf } from "./site";
import { countFileRequests, storageGate } from "./storage-requests";
import { test } from "./test";
import {
  choose,
  chosenFile,
  expectFinished,
  expectLeftUpload,
  leaveHalfWay,
  pictures,
  tiles,
  tray,
  uploadRegion,
} from "./uploads";

/** Makes a collection with two pictures; returns its path. */
async function collectionOfTwo(page: Page, name: string): Promise<string> {
  const address = await openNewCollection(page, name);
  await choose(page, await pictures(2));
  await expectFinished(page, "2 files uploaded and verified");
  return address;
}

test("an upload continues while the person is elsewhere on the site, and the tray says how far", async ({ page }) => {
  const gate = await storageGate(page);
  const address = await openNewCollection(page, "Elsewhere");
  gate("hold");
  await choose(page, await pictures(6));
  await expect(uploadRegion(page).getByRole("heading", { name: "Uploading 6 files" })).toBeVisible();
  await expect(tray(page)).toBeHidden();
  await page.getByRole("banner").getByRole("link").first().click();
  await expect(page).toHaveURL(/\/collections$/);
  await tray(page).click();
  await expect(page.getByRole("dialog").getByText("Uploading 6 files")).toBeVisible();
  await page.getByRole("button", { name: "Pause the upload to Elsewhere" }).click();
  await expect(page.getByRole("dialog").getByText("Paused: 6 files")).toBeVisible();
  gate("pass");
  await page.getByRole("button", { name: "Resume the upload to Elsewhere" }).click();
  await expect(page.getByRole("dialog").getByText("6 files uploaded and verified")).toBeVisible({ timeout: 60_000 });
  await page.getByRole("dialog").getByRole("link", { name: "Elsewhere" }).click();
  await expect(page).toHaveURL(new RegExp(`${address}$`));
  await expect(tiles(page)).toHaveCount(6);
  await expect(uploadRegion(page).getByRole("heading", { name: "6 files uploaded and verified" })).toBeVisible();
});

test("files that are here already: new versions, both kept, or skipped, as the person says", async ({ page }) => {
  const address = await collectionOfTwo(page, "Taken");
  const paths = async () => (await mediaOf(page, address)).map((item) => item.path).toSorted();
  const region = uploadRegion(page);
  await choose(page, await pictures(3, 50));
  await expect(region.getByRole("heading", { name: /^2 files (are|wait)/ }).first()).toBeVisible();
  await region.getByRole("button", { name: /^Keep both/ }).click();
  await expectFinished(page, "3 files uploaded and verified");
  expect(await paths()).toEqual(["0 (2).jpg", "0.jpg", "1 (2).jpg", "1.jpg", "2.jpg"]);
  await choose(page, await pictures(2, 70));
  await region.getByRole("button", { name: /^New versions/ }).click();
  await expectFinished(page, "2 files uploaded and verified");
  expect(await paths()).toHaveLength(5);
  await choose(page, await pictures(2, 70));
  // The same bytes: there is no choice to make, and nothing is sent.
  await expectFinished(page, "2 files already there, nothing to upload");
});

test("a whole upload is undone and redone", async ({ page }) => {
  await collectionOfTwo(page, "Undone");
  await expect(tiles(page)).toHaveCount(2);
  const region = uploadRegion(page);
  await region.getByRole("button", { name: "Undo upload" }).click();
  await expectAccessible(page, "dialog");
  await page.getByRole("dialog").getByRole("button", { name: "Undo upload" }).click();
  await expect(region.getByText("Upload undone. Its files are in the trash.")).toBeVisible();
  await expect(tiles(page)).toHaveCount(0);
  await expectAccessible(page);
  await region.getByRole("button", { name: "Redo upload" }).click();
  await expect(tiles(page)).toHaveCount(2);
});

test("what failed is listed by cause and can be taken away as a table", async ({ page }) => {
  const gate = await storageGate(page);
  await openNewCollection(page, "Refused");
  gate("deny");
  const jpeg = await picture({ width: 200, height: 150 });
  await choose(page, [chosenFile("=1+1.jpg", jpeg), chosenFile("a,b.jpg", jpeg), chosenFile("aux.jpg", jpeg)]);
  const region = uploadRegion(page);
  await expect(region.getByRole("heading", { name: /2 failed/ })).toBeVisible({ timeout: 60_000 });
  const downloading = page.waitForEvent("download");
  await region.getByRole("button", { name: "Download as CSV" }).click();
  const csv = await readFile(await (await downloading).path(), "utf8");
  const lines = csv.trimEnd().split("\r\n").slice(1);
  expect(lines.map((line) => line.split(",")[0]).toSorted()).toEqual(['"a', "'=1+1.jpg", "aux.jpg"]);
  gate("pass");
  await region.getByRole("button", { name: "Retry all failed" }).click();
  await expectFinished(page, "2 files uploaded and verified");
});

test("pictures are taken from the clipboard, too", async ({ page }) => {
  await openNewCollection(page, "Pasted");
  const bytes = [...(await picture({ width: 200, height: 150 }))];
  await waitForDropTarget(page);
  await page.evaluate((numbers) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([new Uint8Array(numbers)], "image.png", { type: "image/png" }));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, bytes);
  await expectFinished(page, "1 file uploaded and verified");
  await uploadRegion(page).getByRole("button", { name: "Show files" }).click();
  await expect(uploadRegion(page).getByText(/^Pasted \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png$/)).toBeVisible();
});

test("an upload left half-way is resumed by adding its files again: only what is missing is sent", async ({
  page,
  context,
}) => {
  const address = await openNewCollection(page, "Resumed");
  // On the disk, where the same files have the same dates when they are added again.
  const folder = await newFolder("pictures");
  try {
    const files = await Promise.all(
      (await pictures(8)).map(async ({ name, buffer }) => {
        const file = path.join(folder.dir, name);
        await writeFile(file, buffer);
        return file;
      }),
    );
    await leaveHalfWay(page, files);
    const later = await context.newPage();
    await expectLeftUpload(later, address, "2 of 8 files arrived");
    const sent = countFileRequests(later);
    await later.getByRole("button", { name: "Resume" }).click();
    await expect(uploadRegion(later).getByText("2 of 8 files are there.")).toBeVisible();
    await expectAccessible(later);
    await choose(later, files);
    await expectFinished(later, "6 files uploaded and verified");
    expect(sent).toEqual({ underWay: 0, arrived: 6, failed: 0 });
    await expect(tiles(later)).toHaveCount(8);
  } finally {
    await folder.remove();
  }
});

test("what systems put beside files is left out and counted, unless this browser keeps it", async ({ page }) => {
  const folder = await folderWithSystemFiles();
  try {
    const address = await openNewCollection(page, "Survey");
    const paths = async () => (await mediaOf(page, address)).map((item) => item.path).toSorted();
    const region = uploadRegion(page);
    await dropOnPage(page, [folder.dir]);
    await expectFinished(page, "3 files uploaded and verified");
    await expect(region.getByText("3 system files left out")).toBeVisible();
    const kept = ["survey/IMG_0001.jpg", "survey/empty.txt", "survey/photo.jpg"];
    expect(await paths()).toEqual(kept);
    await region.getByRole("switch", { name: /^Keep system files/ }).click();
    await page.reload();
    await page.getByRole("button", { name: "Add photos" }).click();
    await expect(region.getByRole("switch", { name: /^Keep system files/ })).toBeChecked();
    await page.getByLabel("Folder to upload").setInputFiles(folder.dir);
    await expectFinished(page, "2 files uploaded and verified");
    const systems = ["survey/.thumbnails/1.jpg", "survey/@eaDir/IMG_0001.jpg/SYNOPHOTO_THUMB_M.jpg"];
    expect(await paths()).toEqual([...kept, ...systems].toSorted());
  } finally {
    await folder.remove();
  }
});
