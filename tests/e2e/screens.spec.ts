import { expect } from "@playwright/test";
import { expectAccessibleInAllLooks, phone } from "./accessible";
import { signedOut, test } from "./test";
import { tiles } from "./uploads";

const demoTiles = 12;

test.use({ storageState: ({ demoSession }, provide) => provide(demoSession) });

test("every screen of a visitor is accessible and fits", async ({ browser }) => {
  const page = await (await browser.newContext({ storageState: signedOut })).newPage();
  for (const address of ["/", "/sign-in", "/sign-up", "/c/there-is-no-such-collection"]) {
    await page.goto(address);
    await expectAccessibleInAllLooks(page);
  }
  await page.context().close();
});

test("every screen of a member is accessible and fits, used on a phone", async ({ page }) => {
  await page.setViewportSize(phone);
  await page.goto("/collections");
  await expectAccessibleInAllLooks(page);
  await page.getByRole("button", { name: "New collection" }).first().click();
  await expectAccessibleInAllLooks(page, "dialog");
  await page.keyboard.press("Escape");
  await page
    .getByRole("link", { name: /Reef survey/ })
    .first()
    .click();
  await expect(tiles(page)).toHaveCount(demoTiles);
  await expectAccessibleInAllLooks(page);
  const address = new URL(page.url()).pathname;
  await tiles(page).first().click();
  await expect(page).toHaveURL(/[0-9a-f-]{36}$/);
  await expectAccessibleInAllLooks(page);
  await page.goto(`${address}/settings`);
  await expectAccessibleInAllLooks(page);
});

test("a dialog opens where it stays", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.goto("/collections");
  await page.getByRole("button", { name: "New collection" }).first().click();
  const { first, last } = await page.getByRole("dialog").evaluate((dialog) => {
    const middle = () => {
      const { y, height } = dialog.getBoundingClientRect();
      return y + height / 2;
    };
    // Its animation once more, from the start.
    if (dialog instanceof HTMLElement) dialog.style.animation = "none";
    middle();
    dialog.removeAttribute("style");
    const animations = dialog.getAnimations();
    for (const animation of animations) {
      animation.pause();
      animation.currentTime = 0;
    }
    const begun = animations.length > 0 ? middle() : Number.NaN;
    for (const animation of animations) animation.finish();
    return { first: begun, last: middle() };
  });
  expect(Math.abs(first - last)).toBeLessThanOrEqual(6.5);
});

test("a picture was taken by the camera's clock in every zone, and added by the reader's", async ({
  browser,
  demoSession,
}) => {
  const seen: (string | null)[][] = [];
  const errors: string[] = [];
  for (const timezoneId of ["Asia/Tokyo", "America/St_Johns"]) {
    const page = await (await browser.newContext({ storageState: demoSession, timezoneId })).newPage();
    page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
    page.on("pageerror", ({ message }) => void errors.push(message));
    await page.goto("/collections");
    await page
      .getByRole("link", { name: /Reef survey/ })
      .first()
      .click();
    await tiles(page).first().click();
    await expect(page).toHaveURL(/[0-9a-f-]{36}$/);
    await page.reload(); // As rendered by the server.
    const fact = (name: string) => page.locator("dt", { hasText: name }).locator("+ dd");
    await expect(fact("Taken")).toHaveText(/^\d{1,2} [A-Z][a-z]{2} 2026, \d{2}:\d{2} \+00:00$/);
    await expect(fact("Added")).toHaveText(/^\d{1,2} [A-Z][a-z]{2} \d{4}, \d{2}:\d{2}$/);
    seen.push([await fact("Taken").textContent(), await fact("Added").textContent()]);
    await page.context().close();
  }
  const [tokyo, newfoundland] = seen;
  expect(tokyo?.[0]).toBe(newfoundland?.[0]);
  expect(tokyo?.[1]).not.toBe(newfoundland?.[1]);
  // The server's text and the browser's first one are the same.
  expect(errors).toEqual([]);
});

test("the keyboard leads from the gallery into a picture, to the next one and back", async ({ page }) => {
  await page.goto("/collections");
  await page
    .getByRole("link", { name: /Reef survey/ })
    .first()
    .click();
  await expect(tiles(page)).toHaveCount(demoTiles);
  await tiles(page).nth(2).focus();
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
  await expect(tiles(page).nth(2)).toBeFocused();
});

test("the gallery does not shift while it loads", async ({ page }) => {
  await page.goto("/collections");
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  const card = page.getByRole("link", { name: /Reef survey/ }).first();
  await page.goto((await card.getAttribute("href")) ?? "");
  const images = page.getByRole("main").getByRole("img");
  await expect(images).toHaveCount(demoTiles);
  await expect
    .poll(() => images.evaluateAll((all) => all.every((image) => (image as HTMLImageElement).complete)))
    .toBe(true);
  const total = await page.evaluate(() =>
    (window as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0),
  );
  expect(total).toBeLessThan(0.02);
});
