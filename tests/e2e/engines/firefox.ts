import { launch } from "puppeteer-core";
import { type Driver, timeoutMs } from "./driver";
import { firefoxFile } from "./installed";

/** Starts Firefox without a window, driven by WebDriver BiDi. */
export async function startFirefox(): Promise<Driver> {
  const bounds = { timeout: timeoutMs, protocolTimeout: timeoutMs };
  const browser = await launch({ browser: "firefox", executablePath: firefoxFile, ...bounds });
  const page = await browser.newPage();
  page.setDefaultTimeout(timeoutMs);
  const element = async (xpath: string) => {
    const found = await page.$(`xpath/${xpath}`);
    if (!found) throw new Error(`there is no ${xpath}`);
    return found;
  };
  return {
    goto: async (url) => void (await page.goto(url)),
    click: async (xpath) => (await element(xpath)).click(),
    type: async (xpath, text) => (await element(xpath)).type(text),
    attach: async (xpath, paths) => {
      const input = (await element(xpath)) as Awaited<ReturnType<typeof page.$<"input">>>;
      await input?.uploadFile(...paths);
    },
    evaluate: <Result>(run: unknown, ...args: unknown[]) =>
      page.evaluate(`(${run})(...${JSON.stringify(args)})`) as Promise<Result>,
    close: () => browser.close(),
  };
}
