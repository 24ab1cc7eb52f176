import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";

/** A phone, for tests whose every click is tried at its width. */
export const phone = { width: 390, height: 844 };

type Shown = "main" | "dialog";

const looks = [
  { name: "phone, light", ...phone, colorScheme: "light" },
  { name: "phone, dark", ...phone, colorScheme: "dark" },
  { name: "desktop, dark", width: 1440, height: 900, colorScheme: "dark" },
  { name: "desktop, light", width: 1440, height: 900, colorScheme: "light" },
] as const;

/**
 * Resolves in the page when no transition runs any more: colours that are in between, just after the scheme has changed,
 * would fail. The page hears of a new scheme while it makes its next frame, and its transitions start with the one after.
 */
async function untilColorsAreStill(): Promise<void> {
  const frame = () => new Promise(requestAnimationFrame);
  const isEnding = ({ effect }: Animation) => effect?.getComputedTiming().endTime !== Infinity;
  let ending: Animation[];
  do {
    await frame();
    await frame();
    ending = document.getAnimations().filter(isEnding);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  } while (ending.length > 0);
}

/** Returns an axe for the page. Where one ran before in the same document, its 1.3 MB are not sent and compiled again. */
async function axeIn(page: Page): Promise<AxeBuilder> {
  const isThere = await page.evaluate(() => "axe" in window);
  const builder = new AxeBuilder(isThere ? { page, axeSource: ";" } : { page });
  // The legacy mode runs in the page itself. The other one opens a second page for the results of frames: there are none.
  // Of what passes, not every element is described. The title, which may be away for a moment, is waited for instead.
  const rules = { "document-title": { enabled: false } };
  return builder.setLegacyMode().options({ resultTypes: ["violations"], rules });
}

/** Expects that axe finds nothing in the page as it stands, and that nothing scrolls sideways. */
export async function expectAccessible(page: Page, shown: Shown = "main"): Promise<void> {
  await expect(page.getByRole(shown)).toBeVisible();
  // Next takes a page's title out for a moment while it fetches it again, in the midst of axe's run, too.
  await expect(page).toHaveTitle(/./);
  await page.evaluate(untilColorsAreStill);
  const { violations } = await (await axeIn(page)).analyze();
  const found = violations.map(({ id, nodes }) => `${page.url()} ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect(found).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow, `${page.url()} scrolls sideways`).toBeLessThanOrEqual(0);
}

/** The same at both widths and in both colour schemes; leaves the page at the width it had, light. */
export async function expectAccessibleInAllLooks(page: Page, shown: Shown = "main"): Promise<void> {
  const before = page.viewportSize();
  for (const { name, width, height, colorScheme } of looks)
    await test.step(name, async () => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await expectAccessible(page, shown);
    });
  if (before) await page.setViewportSize(before);
}
