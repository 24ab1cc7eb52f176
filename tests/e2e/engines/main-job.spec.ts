import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "@playwright/test";
import { picture } from "@/tests/support/pictures";
import { newFolder } from "../dropped-files";
import { requiredEnv } from "../required-env";
import type { Driver } from "./driver";
import {
  arriveAt,
  attach,
  button,
  click,
  expectCount,
  field,
  fileInput,
  heading,
  linkLabelled,
  tiles,
  type,
  until,
} from "./page";
import { test } from "./test";

const pictureCount = 8;
const size = { width: 320, height: 240 };
/** Three parts. */
const largeBytes = 20 * 1024 * 1024;

type Chosen = { name: string; bytes: Buffer };

async function filesToUpload(): Promise<Chosen[]> {
  const pictures = Array.from({ length: pictureCount }, async (_, index) => ({
    name: `reef ñ ${index}.jpg`,
    bytes: await picture({ ...size, seed: index + 1 }),
  }));
  return [...(await Promise.all(pictures)), { name: "dive.bin", bytes: randomBytes(largeBytes) }];
}

async function signIn(driver: Driver, site: string): Promise<void> {
  await driver.goto(`${site}/sign-in`);
  await type(driver, field("E-mail"), "demo@atoll.local");
  await type(driver, field("Password"), requiredEnv("ATOLL_DEMO_PASSWORD"));
  await click(driver, button("Sign in"));
  await arriveAt(driver, /^\/collections$/);
}

async function createCollection(driver: Driver, name: string): Promise<void> {
  await click(driver, button("New collection"));
  await type(driver, field("Name"), name);
  await click(driver, button("Create collection"));
  await arriveAt(driver, /^\/c\/[a-z0-9-]+$/);
}

/** Returns the widths in pixels of the pictures in the page: 0 for those that have not arrived. */
function widthsOf(driver: Driver, selector: string): Promise<number[]> {
  return driver.evaluate(
    (images) => [...document.querySelectorAll<HTMLImageElement>(images)].map(({ naturalWidth }) => naturalWidth),
    selector,
  );
}

/** Returns the numbers of the parts that the page sent to the storage. */
function partsSent(driver: Driver): Promise<number[]> {
  return driver.evaluate(() => {
    const numbers = performance.getEntriesByType("resource").map(({ name }) => /[?&]partNumber=(\d+)/.exec(name)?.[1]);
    return [...new Set(numbers)].flatMap((number) => (number === undefined ? [] : [Number(number)])).toSorted();
  });
}

type Download = { type: string | null; sha256: string };

/** Follows the viewer's download link to the storage, in the page. */
function download(driver: Driver, label: string): Promise<Download> {
  return driver.evaluate(async (name) => {
    const link = document.querySelector<HTMLAnchorElement>(`a[aria-label="${name}"]`);
    const response = await fetch(link?.href ?? "");
    const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
    const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return { type: response.headers.get("content-type"), sha256: hex };
  }, label);
}

test("sign in, upload pictures and a large file, see them verified, view one and download it", async ({
  driver,
  engine,
  baseURL,
}) => {
  const folder = await newFolder("pictures");
  const files = await filesToUpload();
  const paths = files.map(({ name }) => path.join(folder.dir, name));
  try {
    for (const [index, { bytes }] of files.entries()) await writeFile(paths[index] ?? "", bytes);
    await signIn(driver, baseURL ?? "");
    await createCollection(driver, `Seen in ${engine}`);
    await attach(driver, fileInput("Files to upload"), paths);
    await expectCount(driver, heading(`${files.length} files uploaded and verified`), 1);
    expect(await partsSent(driver)).toEqual([1, 2, 3]);
    await expectCount(driver, tiles, pictureCount);
    await until(async () => expect((await widthsOf(driver, "main a img")).every((width) => width > 0)).toBe(true));

    await click(driver, tiles);
    await arriveAt(driver, /^\/c\/[a-z0-9-]+\/[0-9a-f-]{36}$/);
    await until(async () => expect(await widthsOf(driver, "main img")).toContain(size.width));
    const title = await driver.evaluate(() => document.querySelector("h1")?.textContent);
    const original = files.find(({ name }) => name === title)?.bytes ?? "";
    await expectCount(driver, linkLabelled("Download original"), 1);
    expect(await download(driver, "Download original")).toEqual({
      type: "image/jpeg",
      sha256: createHash("sha256").update(original).digest("hex"),
    });
  } finally {
    await folder.remove();
  }
});
