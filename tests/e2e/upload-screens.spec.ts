import { expect, test } from "@playwright/test";
import { createCollection, expectSound, looks, pageWith, signIn } from "./site";
import { choose, expectFinished, pictures, storageGate, tray, uploadRegion } from "./uploads";

for (const look of looks) {
  test(`every state of an upload is accessible and fits: ${look.name}`, async ({ browser }) => {
    test.setTimeout(180_000);
    const page = await pageWith(browser, look);
    await signIn(page);
    const gate = await storageGate(page);
    const address = await createCollection(page, `States ${look.name}`);
    const region = uploadRegion(page);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectSound(page);

    gate("hold");
    await choose(page, [
      ...(await pictures(3)),
      { name: "notes.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4") },
    ]);
    await expect(region.getByRole("heading", { name: "Uploading 4 files" })).toBeVisible();
    await region.getByRole("button", { name: "Show files" }).click();
    await expect(region.getByRole("listitem").filter({ hasText: "notes.pdf" })).toBeVisible();
    await expectSound(page);
    await region.getByRole("button", { name: "Pause", exact: true }).click();
    await expect(region.getByRole("heading", { name: /^Paused/ })).toBeVisible();
    await expectSound(page);
    await region.getByRole("button", { name: "Cancel upload" }).click();
    await expectSound(page, "dialog");
    await page.keyboard.press("Escape");

    await page.getByRole("banner").getByRole("link").first().click();
    await expect(tray(page)).toBeVisible();
    await expectSound(page);
    await tray(page).click();
    await expectSound(page, "dialog");
    await page.keyboard.press("Escape");
    await page.goBack();
    await expect(tray(page)).toBeHidden();
    gate("pass");
    await region.getByRole("button", { name: "Resume", exact: true }).click();
    await expectFinished(page, "4 files uploaded and verified");
    await expect(region.getByText("Receipt with checksums")).toBeVisible();
    await expectSound(page);

    await choose(page, await pictures(2, 100));
    await expect(region.getByRole("heading", { name: "2 files wait for your choice" })).toBeVisible();
    await expectSound(page);
    await region.getByRole("button", { name: /^Skip them/ }).click();
    await expectFinished(page, "Nothing was uploaded");
    await expectSound(page);

    gate("deny");
    await choose(page, [
      { name: "empty.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(0) },
      ...(await pictures(9, 200)).slice(6),
    ]);
    await expect(region.getByRole("heading", { name: /3 failed/ })).toBeVisible({ timeout: 60_000 });
    await expect(region.getByRole("button", { name: "Download as CSV" })).toBeVisible();
    await expectSound(page);

    // Left as it is: the next page finds it unfinished.
    const later = await page.context().newPage();
    await later.goto(address);
    await expect(later.getByText(/is still open/)).toBeVisible();
    await expectSound(later);
    await page.context().close();
  });
}

test("the tray comes and goes without moving the page", async ({ page }) => {
  await signIn(page);
  const gate = await storageGate(page);
  await createCollection(page, "Still");
  gate("hold");
  await choose(page, await pictures(2));
  await expect(uploadRegion(page).getByRole("heading", { name: "Uploading 2 files" })).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
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

test("an upload can be worked by keyboard alone, and the focus is never lost", async ({ page }) => {
  await signIn(page);
  const gate = await storageGate(page);
  await createCollection(page, "Keyboard");
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
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await signIn(page);
  await createCollection(page, "Phone");
  for (const name of ["Take a photo", "Choose photos", "Choose files"])
    await expect(page.getByRole("button", { name })).toBeVisible();
  await expect(page.getByLabel("Photo to take")).toHaveAttribute("capture", "environment");
  await expectSound(page);
  await context.close();
});
