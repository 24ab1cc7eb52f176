import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type BrowserContext, expect } from "@playwright/test";
import { folderOfPictures } from "@/tests/support/pictures";
import { newFolder } from "./dropped-files";
import { createCollection, mediaOf } from "./site";
import { signedOut, signIn, signUp, test } from "./test";
import { tiles } from "./uploads";

const oddNames = [
  "ünïcode ñ.jpg",
  "日本 🐠.jpg",
  "صورة.jpg",
  "a+b & c=d%25#.jpg",
  "IMG.JPG",
  "img.jpg",
  " lead and trail .jpg",
  "quote'\"s.jpg",
];

/** Makes forty small photographs in nested folders: the same names in two of them, odd names among them. */
async function surveyFolder() {
  const folder = await newFolder("survey");
  const names = Array.from({ length: 40 }, (_, index) => {
    const odd = oddNames[index];
    if (odd) return `odd/${odd}`;
    return index < 24 ? `site-1/2024/IMG_${index % 16}.jpg` : `site-2/IMG_${index % 16}.jpg`;
  });
  const pictures = await folderOfPictures(40, { width: 320, height: 240 });
  for (const [index, name] of names.entries()) {
    const file = path.join(folder.dir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, pictures[index]?.bytes ?? "");
  }
  return { ...folder, paths: names.map((name) => `survey/${name}`) };
}

test.describe.configure({ mode: "serial" });

let owner: BrowserContext;
let address: string;
let dropped: Awaited<ReturnType<typeof surveyFolder>>;

test.beforeAll(async ({ browser }) => {
  dropped = await surveyFolder();
  owner = await browser.newContext({ storageState: signedOut });
});

test.afterAll(async () => {
  await owner.close();
  await dropped.remove();
});

test("sign in, make a collection, drop a folder of 40, see all of them", async () => {
  const page = await owner.newPage();
  await signIn(page);
  address = await createCollection(page, "Kelp forest 2026");
  await page.getByLabel("Folder to upload").setInputFiles(dropped.dir);
  await expect(page.getByRole("heading", { name: /40 files/ })).toBeVisible();
  await expect(tiles(page)).toHaveCount(40, { timeout: 180_000 });
  for (const image of await tiles(page).getByRole("img").all()) {
    await image.scrollIntoViewIfNeeded();
    await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBeGreaterThan(0);
  }
  const media = await mediaOf(page, address);
  expect(media.map((item) => item.path).toSorted()).toEqual(dropped.paths.toSorted());
  expect(media.every(({ state }) => state === "ready")).toBe(true);
  await page.close();
});

test("the thumbnails of the second visit come from the browser's cache", async () => {
  const page = await owner.newPage();
  await page.goto(address);
  const image = page.getByRole("main").getByRole("img").first();
  await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.complete)).toBe(true);
  const before = await image.evaluate((element: HTMLImageElement) => element.currentSrc);
  const client = await owner.newCDPSession(page);
  await client.send("Network.enable");
  const fromCache = new Set<string>();
  const urls = new Map<string, string>();
  client.on("Network.requestWillBeSent", ({ requestId, request }) => urls.set(requestId, request.url));
  client.on("Network.requestServedFromCache", ({ requestId }) => fromCache.add(urls.get(requestId) ?? ""));
  client.on("Network.responseReceived", ({ response }) => {
    if (response.fromDiskCache) fromCache.add(response.url);
  });
  const source = () => image.evaluate((element: HTMLImageElement) => element.currentSrc);
  const visit = async () => {
    await page.goto("/collections");
    await page.goto(address);
    await expect.poll(source).not.toBe("");
    return source();
  };
  // URLs are the same for a quarter of an hour: where one ends between two visits, the next two share one.
  let expected = before;
  let now = await visit();
  if (now !== expected) {
    expected = now;
    now = await visit();
  }
  expect(now).toBe(expected);
  await expect.poll(() => fromCache.has(expected)).toBe(true);
  await page.close();
});

test("the full view shows the original by a signed URL; altered it is 403", async () => {
  const page = await owner.newPage();
  await page.goto(address);
  await tiles(page).first().click();
  await expect(page).toHaveURL(new RegExp(`${address}/[0-9a-f-]{36}$`));
  const full = page.getByRole("main").getByRole("img").first();
  await expect.poll(() => full.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(320);
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const redirect = await page.request.get(`/api/v1/media/${id}/original`, { maxRedirects: 0 });
  expect(redirect.status()).toBe(302);
  const signed = new URL(redirect.headers().location ?? "");
  expect(signed.port).not.toBe(new URL(page.url()).port);
  expect((await page.request.get(signed.href)).status()).toBe(200);
  const altered = new URL(signed);
  altered.searchParams.set("X-Amz-Expires", "604800");
  expect((await page.request.get(altered.href)).status()).toBe(403);
  await page.close();
});

test("another person and an anonymous visitor get 404", async ({ browser }) => {
  const anonymous = await browser.newContext({ storageState: signedOut });
  const stranger = await browser.newContext({ storageState: signedOut });
  const signedIn = await stranger.newPage();
  await signUp(signedIn, "Stranger");
  const asked = await owner.newPage();
  const slug = address.split("/").at(-1);
  const id = (await mediaOf(asked, address))[0]?.id;
  for (const context of [anonymous, stranger]) {
    const page = await context.newPage();
    for (const place of [address, `${address}/${id}`, `${address}/settings`]) {
      const response = await page.goto(place);
      const signInFirst = new URL(page.url()).pathname === "/sign-in";
      if (!signInFirst) expect(response?.status(), place).toBe(404);
      expect(await page.content()).not.toContain("Kelp forest 2026");
    }
    for (const call of [`collections/${slug}/media`, `media/${id}/thumb`, `media/${id}/original`]) {
      expect((await page.request.get(`/api/v1/${call}`, { maxRedirects: 0 })).status(), call).toBe(404);
    }
  }
  await anonymous.close();
  await stranger.close();
  await asked.close();
});
