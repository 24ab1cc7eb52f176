import { expect } from "@playwright/test";
import { picture } from "@/tests/support/pictures";
import { openNewCollection } from "./made-by-rows";
import { mediaOf } from "./site";
import { countFileRequests, refuseFiles } from "./storage-requests";
import { test } from "./test";
import {
  choose,
  chosenFile,
  expectFinished,
  expectLeftUpload,
  leaveHalfWay,
  pictures,
  tiles,
  uploadRegion,
} from "./uploads";

/** More than are under way at once, so that several attempts follow after growing waits. */
const refusedConnections = 12;

test("bad files are named with their reason; the good ones arrive", async ({ page }) => {
  const address = await openNewCollection(page, "Bad input");
  const jpeg = await picture({ width: 200, height: 150 });
  await choose(page, [
    chosenFile("good.jpg", jpeg),
    chosenFile("GOOD.jpg", await picture({ width: 200, height: 150, seed: 2 })),
    chosenFile("empty.txt", ""),
    chosenFile("aux.jpg", jpeg),
    chosenFile(`${"x".repeat(250)}é.jpg`.repeat(3).slice(0, 600), jpeg),
    chosenFile("page.jpg", "<!doctype html><title>not a picture</title>"),
    chosenFile("cut.jpg", jpeg.subarray(0, jpeg.length / 2)),
    chosenFile("nothing left.jpg", jpeg.subarray(0, 64)),
    chosenFile("rtl \u202egpj.exe", jpeg),
    chosenFile("🐠 صورة.jpg", await picture({ width: 200, height: 150, seed: 3 })),
  ]);
  const region = uploadRegion(page);
  await expect(region.getByText(/is a device/).first()).toBeVisible();
  await expect(region.getByText(/bytes long/).first()).toBeVisible();
  await expect(region.getByText(/control characters|reading direction/).first()).toBeVisible();
  await expectFinished(page, /verified/);
  await expect(region.getByText(/1 file not shown/)).toBeVisible({ timeout: 60_000 });
  const states = async () => Object.fromEntries((await mediaOf(page, address)).map(({ path, state }) => [path, state]));
  await expect.poll(states, { timeout: 60_000 }).toEqual({
    "good.jpg": "ready",
    "GOOD.jpg": "ready",
    "page.jpg": "kept",
    "cut.jpg": "ready",
    "nothing left.jpg": "rejected",
    "empty.txt": "kept",
    "🐠 صورة.jpg": "ready",
  });
});

test("an upload waits for storage that refuses connections", async ({ page }) => {
  await openNewCollection(page, "Outage");
  await refuseFiles(page, (count) => count <= refusedConnections);
  const count = countFileRequests(page);
  await choose(page, await pictures(10));
  await expect(uploadRegion(page).getByText(/storage does not answer/)).toBeVisible();
  await expectFinished(page, /10 files.*verified/);
  expect(count.failed).toBe(refusedConnections);
});

test("an upload left half-way stays open, is shown, and can be finished", async ({ page, context }) => {
  const address = await openNewCollection(page, "Left");
  await leaveHalfWay(page, await pictures(8));
  const later = await context.newPage();
  await expectLeftUpload(later, address, "2 of 8 files arrived");
  await later.getByRole("button", { name: "Keep what arrived" }).click();
  await expect(tiles(later)).toHaveCount(2, { timeout: 60_000 });
});
