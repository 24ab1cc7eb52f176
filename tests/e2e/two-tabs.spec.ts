import { expect, type Page } from "@playwright/test";
import { uploadPolicy } from "@/lib/upload/policy";
import { dropOnPage, folderOfFiles, sizeOf } from "./dropped-files";
import { newCollection, openCollection, sentTwice, test } from "./killable";
import { note } from "./site";
import { expectFinished, uploadRegion } from "./uploads";

const count = 120;
const { parallelPosts } = uploadPolicy;

const verified = /files uploaded and verified/;

type Counted = Window & { underWay: number; most: number };

/** Runs in the page: counts requests to the storage that are not answered. The browser itself would queue some of them. */
function countRequests(): void {
  const counted = Object.assign(window as unknown as Counted, { underWay: 0, most: 0 });
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body) {
    counted.underWay += 1;
    counted.most = Math.max(counted.most, counted.underWay);
    // Before the uploader hears of it and sends the next one.
    this.addEventListener("readystatechange", () => {
      if (this.readyState === XMLHttpRequest.DONE) counted.underWay -= 1;
    });
    send.call(this, body);
  };
}

const underWay = (page: Page) => page.evaluate(() => (window as unknown as Counted).underWay);
/** Returns the most since the last call. */
const most = (page: Page) =>
  page.evaluate(() => {
    const counted = window as unknown as Counted;
    const { most: before } = counted;
    counted.most = counted.underWay;
    return before;
  });

test("two tabs share the connections of one, and send nothing twice", async ({ killable }) => {
  const { browser, proxy } = killable;
  const folders = [await folderOfFiles(count, "survey-1"), await folderOfFiles(count, "survey-2")] as const;
  const sentOf = (name: string) => proxy.tally.keys().filter((key) => key.includes(`/${name}/`)).length;
  try {
    await browser.context.addInitScript(countRequests);
    const { page: first, address } = await newCollection(killable, "Two tabs");
    const second = await openCollection(killable, address);
    proxy.latencyMs = 80;
    await dropOnPage(first, [folders[0].dir]);
    await expect.poll(() => most(first), { intervals: [50] }).toBe(parallelPosts);
    await dropOnPage(second, [folders[1].dir]);
    // The first tab gives up connections as its posts end.
    await expect
      .poll(async () => [await underWay(first), await underWay(second)].every((n) => n > 0 && n <= parallelPosts / 2), {
        intervals: [20],
      })
      .toBe(true);
    await Promise.all([most(first), most(second)]);
    const then = sentOf("survey-2");
    await expect.poll(() => sentOf("survey-2"), { intervals: [50] }).toBeGreaterThan(then + 20);
    expect(sentOf("survey-1"), "both tabs were sending").toBeLessThan(count);
    expect((await most(first)) + (await most(second))).toBeLessThanOrEqual(parallelPosts);

    await Promise.all([expectFinished(first, verified), expectFinished(second, verified)]);
    // What reached the proxy: the browser itself may have held some back. Above, what the tabs ask for is counted.
    expect(proxy.tally.busiest).toBeLessThanOrEqual(parallelPosts);
    expect(sentTwice(killable, sizeOf)).toBe(0);
    expect([sentOf("survey-1"), sentOf("survey-2")]).toEqual([count, count]);
  } finally {
    await Promise.all(folders.map(({ remove }) => remove()));
  }
});

for (const end of ["closed", "killed"]) {
  test(`a second tab waits for the one that uploads, says so, and takes over when that is ${end}`, async ({
    killable,
  }) => {
    const { proxy } = killable;
    const folder = await folderOfFiles(count);
    try {
      const { page: first, address } = await newCollection(killable, `Taken over when ${end}`);
      // So slow that the other page is open long before the upload is over.
      proxy.latencyMs = 1_500;
      await dropOnPage(first, [folder.dir]);
      await expect.poll(() => proxy.tally.keys().length, { intervals: [20] }).toBeGreaterThan(0);
      const second = await openCollection(killable, address);
      await expect(second.getByText("is still open")).toBeVisible();
      await second.getByRole("button", { name: "Resume", exact: true }).click();
      const region = uploadRegion(second);
      await expect(region.getByRole("heading", { name: "This upload is running in another tab" })).toBeVisible();
      await expect(region.getByText("It continues here if that tab closes.")).toBeVisible();
      proxy.latencyMs = 200;
      const then = proxy.tally.keys().length;
      await expect.poll(() => proxy.tally.keys().length, { intervals: [20] }).toBeGreaterThan(then + 20);
      expect(sentTwice(killable, sizeOf), "the second sends nothing meanwhile").toBe(0);
      expect(proxy.tally.keys().length, "there is something to take over").toBeLessThan(count);

      proxy.latencyMs = 20;
      if (end === "closed") await first.close({ runBeforeUnload: false });
      else {
        const session = await first.context().newCDPSession(first);
        // The command is never answered.
        void session.send("Page.crash").catch(() => undefined);
      }
      await expectFinished(second, verified);
      const again = sentTwice(killable, sizeOf);
      note(`taken over when ${end}`, `${again} sent again`);
      expect(again).toBeLessThanOrEqual(parallelPosts);
      expect(proxy.tally.keys()).toHaveLength(count);
    } finally {
      await folder.remove();
    }
  });
}
