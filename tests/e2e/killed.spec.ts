import { createHash } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { partSizeOf, uploadPolicy } from "@/lib/upload/policy";
import { formNumber } from "@/tests/support/forms.mjs";
import { dropOnPage, folderOfFiles, folderOfLargeFile, sizeOf } from "./dropped-files";
import { type Killable, newCollection, openCollection, sentTwice, test } from "./killable";
import { mediaOf, note } from "./site";
import { expectFinished, uploadRegion } from "./uploads";

const count = formNumber("ATOLL_TEST_KILLED_FILES");
const largeBytes = formNumber("ATOLL_TEST_KILLED_MB") * 1_000_000;
/** Slows the upload down, so that it is not over before the browser is killed. */
const latencyMs = 50;
const { parallelPosts } = uploadPolicy;

/** Runs in the page: delays all reading from IndexedDB until the first click, as where somebody clicks very early. */
function readNothingBeforeClick(): void {
  const clicked = new Promise((resolve) => {
    addEventListener("click", () => setTimeout(resolve), { capture: true, once: true });
  });
  const { addEventListener: listen } = IDBOpenDBRequest.prototype;
  IDBOpenDBRequest.prototype.addEventListener = function (type: string, listener: (event: Event) => void) {
    listen.call(
      this,
      type,
      (event) => void (type === "success" ? clicked.then(() => listener(event)) : listener(event)),
    );
  };
}

/** Kills the browser and starts it again, with a script for its pages. Returns the collection's page, which offers the upload. */
async function killAndRestart(killable: Killable, address: string, script?: () => void): Promise<Page> {
  await killable.browser.kill();
  await killable.browser.restart();
  killable.proxy.latencyMs = 0;
  if (script) await killable.browser.context.addInitScript(script);
  const page = await openCollection(killable, address);
  await expect(page.getByText("is still open")).toBeVisible();
  return page;
}

test("a browser killed amid a large file resumes it, and sends no more again than was on its way", async ({
  killable,
}) => {
  const { proxy } = killable;
  const folder = await folderOfLargeFile("dive.mp4", largeBytes);
  try {
    const { page, address } = await newCollection(killable, "Killed amid a file");
    proxy.latencyMs = latencyMs;
    await dropOnPage(page, [folder.dir]);
    await expect.poll(() => proxy.tally.bytesUnder(""), { intervals: [10] }).toBeGreaterThan(largeBytes / 3);
    const later = await killAndRestart(killable, address, readNothingBeforeClick);
    const before = proxy.tally.bytesUnder("");
    expect(before, "it was killed too late").toBeLessThan(largeBytes);

    // The browser kept the files' handles: nothing is dropped again.
    await later.getByRole("button", { name: "Resume", exact: true }).click();
    await expectFinished(later, /^1 file uploaded and verified/);
    const [key = "", ...others] = proxy.tally.keys();
    expect(others).toEqual([]);
    const again = proxy.tally.bytesOf(key) - largeBytes;
    note("large file", `${before} of ${largeBytes} bytes before the kill, ${again} sent again`);
    expect(again).toBeGreaterThanOrEqual(0);
    expect(again).toBeLessThanOrEqual(parallelPosts * partSizeOf(largeBytes));

    const media = await mediaOf(later, address, killable.site);
    expect(media).toMatchObject([{ path: "dive/dive.mp4" }]);
    const original = await later.request.get(`${killable.site}/api/v1/media/${media[0]?.id}/original`);
    expect(
      createHash("sha256")
        .update(await original.body())
        .digest("hex"),
    ).toBe(folder.sha256);
  } finally {
    await folder.remove();
  }
});

for (const how of ["remembers them", "is given them again"]) {
  test(`a browser killed amid many files resumes where it ${how}, and sends no more again than was on its way`, async ({
    killable,
  }) => {
    const { proxy } = killable;
    const folder = await folderOfFiles(count);
    try {
      const { page, address } = await newCollection(killable, "Killed amid many");
      proxy.latencyMs = latencyMs;
      await dropOnPage(page, [folder.dir]);
      await expect.poll(() => proxy.tally.keys().length, { intervals: [10] }).toBeGreaterThan(100);
      const later = await killAndRestart(killable, address);
      const stored = proxy.tally.keys().length;
      expect(stored, "it was killed too late").toBeLessThan(count);

      // Posts cut off by the kill did not arrive. An upload begun while its folder was still being read does not know how
      // many files were to come.
      const arrived = later.getByText(/\d+ (of [\d,]+ )?files arrived/);
      await expect(arrived).toBeVisible();
      const shown = Number(/\d+/.exec((await arrived.textContent()) ?? "")?.[0]);
      expect(shown).toBeLessThanOrEqual(stored);
      expect(shown).toBeGreaterThanOrEqual(stored - parallelPosts);

      if (how === "remembers them") await later.getByRole("button", { name: "Resume", exact: true }).click();
      else await dropOnPage(later, [folder.dir]);
      await expectFinished(later, /files uploaded and verified/);
      const again = sentTwice(killable, sizeOf);
      note("many files", `${stored} of ${count} before the kill, ${again} sent again`);
      expect(again).toBeLessThanOrEqual(parallelPosts);
      expect(proxy.tally.keys()).toHaveLength(count);
      await expect(uploadRegion(later).getByText(/failed|missing/)).toHaveCount(0);
    } finally {
      await folder.remove();
    }
  });
}
