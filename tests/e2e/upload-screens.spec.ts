import { expect } from "@playwright/test";
import { expectAccessible, expectAccessibleInAllLooks, phone } from "./accessible";
import { openNewCollection } from "./made-by-rows";
import { becomeContributor, mediaOf } from "./site";
import { storageGate } from "./storage-requests";
import { test } from "./test";
import { choose, chosenFile, expectFinished, pictures, tray, uploadRegion } from "./uploads";

test("every state of an upload that is under way is accessible and fits, used on a phone", async ({ page }) => {
  await page.setViewportSize(phone);
  const gate = await storageGate(page);
  await openNewCollection(page, "Under way");
  const region = uploadRegion(page);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expectAccessibleInAllLooks(page);

  gate("hold");
  await choose(page, [...(await pictures(3)), chosenFile("notes.pdf", "%PDF-1.4", "application/pdf")]);
  await expect(region.getByRole("heading", { name: "Uploading 4 files" })).toBeVisible();
  await region.getByRole("button", { name: "Show files" }).click();
  await expect(region.getByRole("listitem").filter({ hasText: "notes.pdf" })).toBeVisible();
  await expectAccessibleInAllLooks(page);
  await region.getByRole("button", { name: "Pause", exact: true }).click();
  await expect(region.getByRole("heading", { name: /^Paused/ })).toBeVisible();
  await expectAccessibleInAllLooks(page);
  await region.getByRole("button", { name: "Cancel upload" }).click();
  await expectAccessibleInAllLooks(page, "dialog");
  await page.keyboard.press("Escape");

  await page.getByRole("banner").getByRole("link").first().click();
  await expect(tray(page)).toBeVisible();
  await expectAccessibleInAllLooks(page);
  await tray(page).click();
  await expectAccessibleInAllLooks(page, "dialog");
  await page.keyboard.press("Escape");
  await page.goBack();
  await expect(tray(page)).toBeHidden();
  gate("pass");
  await region.getByRole("button", { name: "Resume", exact: true }).click();
  await expectFinished(page, "4 files uploaded and verified");
  await expect(region.getByText("Receipt with checksums")).toBeVisible();
  await expectAccessibleInAllLooks(page);
});

test("every state of an upload that needs the person is accessible and fits", async ({ page }) => {
  const gate = await storageGate(page);
  const address = await openNewCollection(page, "Needs the person");
  const region = uploadRegion(page);
  await choose(page, await pictures(2));
  await expectFinished(page, "2 files uploaded and verified");

  await choose(page, await pictures(2, 100));
  await expect(region.getByRole("heading", { name: "2 files wait for your choice" })).toBeVisible();
  await expectAccessibleInAllLooks(page);
  await region.getByRole("button", { name: /^Skip them/ }).click();
  await expectFinished(page, "Nothing was uploaded");
  await expectAccessibleInAllLooks(page);

  gate("deny");
  await choose(page, [chosenFile("aux.jpg", "x"), ...(await pictures(9, 200)).slice(6)]);
  await expect(region.getByRole("heading", { name: /3 failed/ })).toBeVisible({ timeout: 60_000 });
  await expect(region.getByRole("button", { name: "Download as CSV" })).toBeVisible();
  await expectAccessibleInAllLooks(page);

  // Left as it is: the next page finds it unfinished.
  const later = await page.context().newPage();
  await later.goto(address);
  await expect(later.getByText(/is still open/)).toBeVisible();
  await expectAccessibleInAllLooks(later);
});

test("files of other people are left out or kept beside, never replaced by a contributor", async ({ page }) => {
  const address = await openNewCollection(page, "Not mine");
  const region = uploadRegion(page);
  await choose(page, await pictures(3));
  await expectFinished(page, "3 files uploaded and verified");
  await becomeContributor(address);
  const mine = (await pictures(4, 300)).slice(3);
  await choose(page, mine);
  await expectFinished(page, "1 file uploaded and verified");

  // Two of other people, and one that is the person's own.
  await choose(page, [...(await pictures(2, 400)), ...(await pictures(4, 400)).slice(3)]);
  const others = region.getByRole("region", { name: "2 files have the names of other people’s files" });
  await expect(others.getByRole("button")).toHaveText([/^Skip them/, /^Keep both/]);
  await expect(region.getByRole("region", { name: /^1 file is already here/ }).getByRole("button")).toHaveCount(3);
  await expectAccessibleInAllLooks(page);
  await region.getByRole("button", { name: /^New versions/ }).click();
  await expect(others).toBeVisible();
  await others.getByRole("button", { name: /^Keep both/ }).click();
  await expectFinished(page, "3 files uploaded and verified");
  const paths = (await mediaOf(page, address)).map((item) => item.path).toSorted();
  expect(paths).toEqual(["0 (2).jpg", "0.jpg", "1 (2).jpg", "1.jpg", "2.jpg", "3.jpg"]);
});

test("the tray comes and goes without moving the page", async ({ page }) => {
  const gate = await storageGate(page);
  await openNewCollection(page, "Still");
  gate("hold");
  await choose(page, await pictures(2));
  await expect(uploadRegion(page).getByRole("heading", { name: "Uploading 2 files" })).toBeVisible();
  await page.setViewportSize(phone);
  await page.getByRole("banner").getByRole("link").first().click();
  await expect(tray(page)).toBeVisible();
  const heading = page.getByRole("heading", { level: 1, name: "Collections" });
  // Not of the skeleton, which is taken away with its heading.
  let before: Awaited<ReturnType<typeof heading.boundingBox>> = null;
  await expect.poll(async () => (before = await heading.boundingBox())).not.toBeNull();
  await tray(page).click();
  await page.getByRole("button", { name: "Cancel the upload to Still" }).click();
  await page.getByRole("button", { name: "Cancel and remove" }).click();
  gate("pass");
  await page.getByRole("button", { name: "Close the upload to Still" }).click();
  await expect(tray(page)).toBeHidden();
  await expect.poll(() => heading.boundingBox()).toEqual(before);
});

test("an upload can be controlled by keyboard alone, and the focus is never lost", async ({ page }) => {
  const gate = await storageGate(page);
  await openNewCollection(page, "Keyboard");
  gate("hold");
  await choose(page, await pictures(8));
  const region = uploadRegion(page);
  await region.getByRole("button", { name: "Show files" }).focus();
  await page.keyboard.press("Enter");
  await region.getByRole("button", { name: "Cancel 7.jpg" }).focus();
  await page.keyboard.press("Enter");
  await expect(region.getByRole("region", { name: "Files of this upload" })).toBeFocused();
  await region.getByRole("button", { name: "Pause", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(region.getByRole("button", { name: "Resume", exact: true })).toBeFocused();
  await region.getByRole("button", { name: "Cancel upload" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Cancel and remove" }).press("Enter");
  await expect(region.getByRole("heading", { name: "The upload was canceled" })).toBeFocused();
  gate("pass");
  await region.getByRole("button", { name: "Close" }).press("Enter");
  await expect(region).toBeFocused();
});

test("on a phone the camera and the photos are offered", async ({ browser }) => {
  const context = await browser.newContext({ viewport: phone, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await openNewCollection(page, "Phone");
  for (const name of ["Take a photo", "Choose photos", "Choose files"])
    await expect(page.getByRole("button", { name })).toBeVisible();
  await expect(page.getByLabel("Photo to take")).toHaveAttribute("capture", "environment");
  await expectAccessible(page);
  await context.close();
});
