import { expect, type Page } from "@playwright/test";
import { FaultProxy } from "@/tests/support/fault-proxy";
import { KillableBrowser } from "./killable-browser";
import { openNewCollection, type Session } from "./made-by-rows";
import { test as base } from "./test";

export type Killable = {
  readonly browser: KillableBrowser;
  /** Between the browser and the storage; the site is asked directly. */
  readonly proxy: FaultProxy;
  readonly site: string;
  readonly session: Session;
};

/** Tests with a browser of their own that can be killed, and everything it sends to the storage counted. */
export const test = base.extend<{ killable: Killable }>({
  killable: async ({ baseURL, session }, provide) => {
    const site = baseURL ?? "";
    const proxy = await FaultProxy.start({});
    const browser = await KillableBrowser.start({
      proxy: proxy.endpoint,
      direct: [new URL(site).host],
      trusted: site,
    });
    await provide({ browser, proxy, site, session });
    await browser.end();
    await proxy.stop();
  },
});

/** Opens a page that is signed in. After a kill, cookies of the last half minute may be lost. */
async function signedInPage({ browser, session }: Killable): Promise<Page> {
  await browser.context.addCookies(session.cookies);
  return browser.context.newPage();
}

/** Makes a collection; returns its page and that page's path. */
export async function newCollection(killable: Killable, name: string): Promise<{ page: Page; address: string }> {
  const page = await signedInPage(killable);
  return { page, address: await openNewCollection(page, name, killable.site) };
}

export async function openCollection(killable: Killable, address: string): Promise<Page> {
  const page = await signedInPage(killable);
  await page.goto(killable.site + address);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  return page;
}

/** Counts the objects of which more bytes reached the storage than they have, by the size of a path. */
export function sentTwice({ proxy }: Killable, sizeOf: (path: string) => number): number {
  return proxy.tally.keys().filter((key) => proxy.tally.bytesOf(key) > sizeOf(pathIn(key))).length;
}

/** Keys are `media/<collection>/<upload>/<path>`. */
function pathIn(key: string): string {
  return key.split("/").slice(3).join("/");
}
