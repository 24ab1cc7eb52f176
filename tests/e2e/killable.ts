import { test as base, expect, type Page } from "@playwright/test";
import { FaultProxy } from "@/tests/support/fault-proxy";
import { KillableBrowser } from "./killable-browser";
import { createCollection, signIn } from "./site";

export type Killable = {
  readonly browser: KillableBrowser;
  /** Between it and the storage; the site is asked directly. */
  readonly proxy: FaultProxy;
  readonly site: string;
};

/** Tests with a browser of their own that can be killed, and everything it sends to the storage counted. */
export const test = base.extend<{ killable: Killable }>({
  killable: async ({ baseURL }, provide) => {
    const site = baseURL ?? "";
    const proxy = await FaultProxy.start({});
    const browser = await KillableBrowser.start({
      proxy: proxy.endpoint,
      direct: [new URL(site).host],
      trusted: site,
    });
    await provide({ browser, proxy, site });
    await browser.end();
    await proxy.stop();
  },
});

/** Signs in and makes a collection; gives its page, and the path of that. */
export async function newCollection({ browser, site }: Killable, name: string) {
  const page = await browser.context.newPage();
  await signIn(page, site);
  return { page, address: await createCollection(page, name, site) };
}

/** How many objects were sent so that more of them reached the storage than they are long, by the size of a path. */
export function sentTwice({ proxy }: Killable, sizeOf: (path: string) => number): number {
  return proxy.tally.keys().filter((key) => proxy.tally.bytesOf(key) > sizeOf(pathIn(key))).length;
}

/** `media/<collection>/<upload>/` and then the path. */
function pathIn(key: string): string {
  return key.split("/").slice(3).join("/");
}

/** A page of the collection; after a kill whoever signed in shortly before does so again. */
export async function openCollection({ browser, site }: Killable, address: string): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(`${site}/collections`);
  if (new URL(page.url()).pathname === "/sign-in") await signIn(page, site);
  await page.goto(site + address);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  return page;
}
