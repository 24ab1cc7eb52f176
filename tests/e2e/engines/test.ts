import { test as base } from "@playwright/test";
import type { Driver } from "./driver";
import { startFirefox } from "./firefox";
import type { EngineOptions } from "./installed";
import { startWebKit } from "./webkitgtk";

const starts = { firefox: startFirefox, webkitgtk: startWebKit };

/** Tests with a browser of the project's engine, started for the test. Playwright only runs them: it has no such driver. */
export const test = base.extend<EngineOptions & { driver: Driver }>({
  engine: ["firefox", { option: true }],
  driver: async ({ engine }, provide) => {
    const driver = await starts[engine]();
    try {
      await provide(driver);
    } finally {
      await driver.close();
    }
  },
});
