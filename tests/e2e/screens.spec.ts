import { expect, test } from "@playwright/test";
import { expectSound, looks, pageWith, signIn } from "./site";

for (const look of looks) {
  test(`every screen is accessible and fits: ${look.name}`, async ({ browser }) => {
    const page = await pageWith(browser, look);
    for (const address of ["/", "/sign-in", "/sign-up", "/c/there-is-no-such-collection"]) {
      await page.goto(address);
      await expectSound(page);
    }
    await signIn(page);
    await expectSound(page);
    await page
      .getByRole("link", { name: /Reef survey/ })
      .first()
      .click();
    const tiles = page
      .getByRole("main")
      .getByRole("link")
      .filter({ has: page.getByRole("img") });
    await expect(tiles).toHaveCount(12);
    await expectSound(page);
    const address = new URL(page.url()).pathname;
    await tiles.first().click();
    await expect(page).toHaveURL(/[0-9a-f-]{36}$/);
    await expectSound(page);
    await page.goto(`${address}/settings`);
    await expectSound(page);
    await page.goto("/collections");
    await page.getByRole("button", { name: "New collection" }).first().click();
    await expectSound(page, "dialog");
    await page.context().close();
  });
}

test("the way from the gallery into a picture and back is by keyboard, too", async ({ page }) => {
  await signIn(page);
  await page
    .getByRole("link", { name: /Reef survey/ })
    .first()
    .click();
  const tiles = page
    .getByRole("main")
    .getByRole("link")
    .filter({ has: page.getByRole("img") });
  await expect(tiles).toHaveCount(12);
  await tiles.nth(2).focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/[0-9a-f-]{36}$/);
  const third = page.url();
  const name = page.getByRole("heading", { level: 1 });
  await expect(name).toHaveText(/^IMG_/);
  await page.keyboard.press("ArrowRight");
  await expect(page).not.toHaveURL(third);
  await expect(name).toHaveText(/^IMG_/);
  await page.keyboard.press("ArrowLeft");
  await expect(page).toHaveURL(third);
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/\/c\/[a-z0-9-]+$/);
  await expect(tiles.nth(2)).toBeFocused();
});

test("the gallery does not shift while it loads", async ({ page }) => {
  await signIn(page);
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  const card = page.getByRole("link", { name: /Reef survey/ }).first();
  const address = (await card.getAttribute("href")) ?? "";
  await page.goto(address);
  const images = page.getByRole("main").getByRole("img");
  await expect(images).toHaveCount(12);
  await expect
    .poll(() => images.evaluateAll((all) => all.every((image) => (image as HTMLImageElement).complete)))
    .toBe(true);
  const total = await page.evaluate(() =>
    (window as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0),
  );
  expect(total).toBeLessThan(0.02);
});
