import { test as base } from "@playwright/test";
import type { Driver } from "./driver";
import { startFirefox } from "./firefox";
import type { EngineOptions } from "./installed";
import { startWebKit } from "./webkitgtk";

const starts = { firefox: startFirefox, webkitgtk: startWebKit };

/** Describes the page for a person who has only the output of the failed test. */
async function shown(driver: Driver): Promise<string> {
  const page = () => {
    const fields = [...document.querySelectorAll("input")].map(({ id, type, value }) =>
      type === "password" ? id : `${id}=${value}`,
    );
    const { activeElement } = document;
    const places = [...document.querySelectorAll("main, [role=dialog]")];
    return {
      at: location.pathname,
      focus: activeElement?.outerHTML,
      fields,
      text: places.map((place) => place.textContent),
    };
  };
  return driver.evaluate(page).then(
    (seen) => JSON.stringify(seen, null, 2),
    (error: unknown) => `nothing: ${error}`,
  );
}

/** Tests with a browser of the project's engine, started for the test. Playwright only runs them: it has no such driver. */
export const test = base.extend<EngineOptions & { driver: Driver }>({
  engine: ["firefox", { option: true }],
  driver: async ({ engine }, provide, testInfo) => {
    const driver = await starts[engine]();
    try {
      await provide(driver);
      if (testInfo.status !== testInfo.expectedStatus) console.error(`What ${engine} showed:\n${await shown(driver)}`);
    } finally {
      await driver.close();
    }
  },
});
