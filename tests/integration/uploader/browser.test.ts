import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createViteServer } from "vitest/node";
import { findBrowser } from "../../support/find-browser.mjs";
import type * as inBrowser from "./in-browser";
import { Site } from "./site";
import { Storage } from "./storage";

const executablePath = findBrowser();
if (!executablePath) console.error("Skipping the uploader in a browser: no Chromium was found.");

type InPage = { atoll: typeof inBrowser };
type ViteServer = Awaited<ReturnType<typeof createViteServer>>;

const root = path.resolve(import.meta.dirname, "../../..");
let cacheDir: string;
let vite: ViteServer;
let origin: string;
let storage: Storage;
let browser: Browser;

/** Serves the modules as they are to a page with nothing in it. */
async function serve(): Promise<ViteServer> {
  cacheDir = await mkdtemp(path.join(tmpdir(), "uploader-vite-"));
  const server = await createViteServer({
    root,
    configFile: false,
    cacheDir,
    logLevel: "error",
    resolve: { alias: { "@": root } },
    server: { host: "127.0.0.1", port: 0, fs: { strict: false }, watch: null, hmr: false },
    optimizeDeps: { noDiscovery: true, include: ["hash-wasm", "idb", "zod"] },
    worker: { format: "es" },
    plugins: [
      {
        name: "empty-page",
        configureServer({ middlewares }) {
          middlewares.use("/empty", (_, response) => {
            response.setHeader("content-type", "text/html");
            response.end(
              '<script type="module">globalThis.atoll = await import("/tests/integration/uploader/in-browser.ts")</script>',
            );
          });
        },
      },
    ],
  });
  await server.listen();
  return server;
}

async function open(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${origin}/empty`);
  await page.waitForFunction(() => "atoll" in globalThis);
  return page;
}

/** Runs a function that names nothing but its argument. */
function run<T>(page: Page, body: (atoll: typeof inBrowser) => T): Promise<Awaited<T>> {
  return page.evaluate(`(${body})(globalThis.atoll)`);
}

describe.skipIf(!executablePath)("in a browser", () => {
  beforeAll(async () => {
    vite = await serve();
    origin = (vite.resolvedUrls?.local[0] ?? "").replace(/\/$/, "");
    storage = await Storage.start();
    await storage.allowOrigin(origin);
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });
  });

  afterAll(async () => {
    await browser.close();
    await vite.close();
    await storage.end();
    await rm(cacheDir, { recursive: true, force: true });
  });

  it("hashes in a worker", async () => {
    const page = await open(await browser.newContext());
    const [digests, crc] = await page.evaluate(() => (globalThis as unknown as InPage).atoll.hash("reef "));
    const bytes = "reef ".repeat(100_000);
    expect(digests).toEqual({
      sha256: createHash("sha256").update(bytes).digest("hex"),
      md5: createHash("md5").update(bytes).digest("hex"),
    });
    expect(crc).toMatch(/^[A-Za-z0-9+/]{11}=$/);
    expect(page.workers().map((worker) => new URL(worker.url()).pathname)).toEqual([
      "/lib/uploader/hash/hash-worker.ts",
    ]);
    await page.context().close();
  });

  it("sends small files and parts of large ones, with checksums the storage verifies", async () => {
    const page = await open(await browser.newContext());
    const site = new Site(storage);
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.exposeFunction("site", async (call: keyof Site & "open", args: []) => {
      if ((call as string) === "seal") await held;
      return site[call](...args);
    });
    const sizes = {
      "large.bin": 30_000_000,
      ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`s${i}`, 20_000])),
    };
    const crcs = await page.evaluate((all) => (globalThis as unknown as InPage).atoll.upload(all), sizes);
    const ids = () => page.evaluate(() => (globalThis as unknown as InPage).atoll.idsRemembered());
    await expect.poll(ids).toEqual([(await site.open()).id]);
    release();
    const phase = () => page.evaluate(() => (globalThis as unknown as InPage).atoll.uploader?.getSnapshot().phase);
    await expect.poll(phase).toBe("done");
    expect(await storage.crcOf(`${site.prefix}large.bin`)).toBe(crcs["large.bin"]);
    const arrived = await storage.arrived(site.prefix);
    expect(arrived.versions).toBe(51);
    const sent = [...site.checksums].filter(([name]) => name !== "large.bin");
    for (const [name, { sha256, md5 }] of sent) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      if (md5 !== undefined) expect(arrived.files.get(name)?.etag).toBe(md5);
    }
    // The page may see that the storage compares the SHA-256: from then on there is no other.
    expect(sent.filter(([, { md5 }]) => md5 === undefined).length).toBeGreaterThan(10);
    await expect.poll(ids).toEqual([]);
    const locks = () =>
      page.evaluate(() => (globalThis as unknown as InPage).atoll.locks.map(({ released }) => released));
    await expect.poll(locks).toEqual([true]);
    await page.context().close();
  });

  it("shares the connections among tabs, and takes over from a closed one", async () => {
    const context = await browser.newContext();
    const pages = [await open(context), await open(context), await open(context)];
    const shares = (page: Page) => page.evaluate(() => (globalThis as unknown as InPage).atoll.shares.at(-1));
    const each = (list: Page[]) => Promise.all(list.map(shares));
    const [first, second, third] = pages as [Page, Page, Page];
    await first.evaluate(() => (globalThis as unknown as InPage).atoll.join());
    await expect.poll(() => each([first])).toEqual([6]);
    for (const page of [second, third]) await page.evaluate(() => (globalThis as unknown as InPage).atoll.join());
    await expect.poll(() => each(pages)).toEqual([2, 2, 2]);

    const own = (page: Page) => page.evaluate(() => (globalThis as unknown as InPage).atoll.own("u"));
    const owned = (page: Page) => page.evaluate(() => (globalThis as unknown as InPage).atoll.owned);
    await own(second);
    await expect.poll(() => owned(second)).toEqual([true]);
    await own(first);
    await expect.poll(() => owned(first)).toEqual([false]);
    // Nothing in the page runs any more, so it cannot announce its end.
    await second.close({ runBeforeUnload: false });
    await expect.poll(() => owned(first)).toEqual([false, true]);
    await expect.poll(() => each([first, third])).toEqual([3, 3]);
    await third.evaluate(() => (globalThis as unknown as InPage).atoll.leave());
    await expect.poll(() => each([first])).toEqual([6]);
    await context.close();
  });

  it("remembers what was begun, with its folders, beyond the page's end", async () => {
    const context = await browser.newContext();
    const before = await open(context);
    await before.evaluate(() => (globalThis as unknown as InPage).atoll.begin("u1"));
    await before.close();
    const page = await open(context);
    const remembered = () => page.evaluate(() => (globalThis as unknown as InPage).atoll.remembered());
    expect(await remembered()).toEqual({
      ids: ["u1"],
      found: ["trip/a.txt: a.txt", "trip/day-1/b.txt: b.txt"],
      system: 1,
      may: true,
      others: 0,
    });
    await page.evaluate(() => (globalThis as unknown as InPage).atoll.forget("u1"));
    expect((await remembered()).ids).toEqual([]);
    await context.close();
  });

  it("opens its database again after the browser refused it", async () => {
    const page = await open(await browser.newContext());
    await run(page, (atoll) => atoll.refuseDatabases(true));
    expect(await run(page, (atoll) => atoll.remember("u1", "ann"))).toBe(false);
    expect(await run(page, (atoll) => atoll.idsRemembered())).toEqual([]);
    await run(page, (atoll) => atoll.refuseDatabases(false));
    expect(await run(page, (atoll) => atoll.remember("u1", "ann"))).toBe(true);
    expect(await run(page, (atoll) => atoll.idsRemembered())).toEqual(["u1"]);
    await page.context().close();
  });

  it("keeps the uploads of accounts apart, and forgets those of one that signs out, in every tab", async () => {
    const context = await browser.newContext();
    const [page, other] = [await open(context), await open(context)];
    await run(page, (atoll) => atoll.remember("u1", "ann"));
    await run(other, (atoll) => atoll.remember("u2", "ann"));
    await run(page, (atoll) => atoll.remember("u3", "ben"));
    expect(await run(page, (atoll) => atoll.idsRemembered("ann"))).toEqual(["u1", "u2"]);
    expect(await run(page, (atoll) => atoll.idsRemembered("ben"))).toEqual(["u3"]);
    await run(page, (atoll) => atoll.forgetAccount("ann"));
    // The other tab learns of more files of its upload: that must not bring the record back.
    expect(await run(other, (atoll) => atoll.remember("u2", "ann", true))).toBe(false);
    expect(await run(page, (atoll) => atoll.idsRemembered("ann"))).toEqual([]);
    expect(await run(page, (atoll) => atoll.idsRemembered("ben"))).toEqual(["u3"]);
    await context.close();
  });
});
