import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { picture } from "@/tests/support/pictures";
import { createCollection, signIn } from "./site";

type Dropped = { name: string; mimeType: string; buffer: Buffer };

const file = (name: string, buffer: Buffer | string, mimeType = "image/jpeg"): Dropped => ({
  name,
  mimeType,
  buffer: Buffer.from(buffer),
});

async function choose(page: Page, files: Dropped[]): Promise<void> {
  await page.getByLabel("Files to upload").setInputFiles(files);
}

const uploadRegion = (page: Page) => page.getByRole("region", { name: "Upload" });
const isPost = (method: string, url: string, page: Page) =>
  method === "POST" && new URL(url).host !== new URL(page.url()).host;

test.beforeEach(async ({ page }) => signIn(page));

test("bad files are named with their reason; the good ones arrive", async ({ page }) => {
  await createCollection(page, "Bad input");
  const jpeg = await picture({ width: 200, height: 150 });
  await choose(page, [
    file("good.jpg", jpeg),
    file("GOOD.jpg", await picture({ width: 200, height: 150, seed: 2 })),
    file("empty.jpg", ""),
    file(`${"x".repeat(250)}é.jpg`.repeat(3).slice(0, 600), jpeg),
    file("page.jpg", "<!doctype html><title>not a picture</title>"),
    file("cut.jpg", jpeg.subarray(0, jpeg.length / 2)),
    file("rtl \u202egpj.exe", jpeg),
    file("🐠 صورة.jpg", await picture({ width: 200, height: 150, seed: 3 })),
  ]);
  const region = uploadRegion(page);
  await expect(region.getByText("The file is empty.").first()).toBeVisible();
  await expect(region.getByText(/bytes long/).first()).toBeVisible();
  await expect(region.getByText(/control characters|reading direction/).first()).toBeVisible();
  await expect(region.getByRole("heading", { name: /verified/ })).toBeVisible({ timeout: 60_000 });
  await expect(region.getByText(/1 not shown/)).toBeVisible({ timeout: 60_000 });
  const slug = new URL(page.url()).pathname.split("/").at(-1);
  const { items } = await (await page.request.get(`/api/v1/collections/${slug}/media`)).json();
  const states = Object.fromEntries(
    items.map(({ path: name, state }: { path: string; state: string }) => [name, state]),
  );
  expect(states).toEqual({
    "good.jpg": "ready",
    "GOOD.jpg": "ready",
    "page.jpg": "kept",
    "cut.jpg": "rejected",
    "🐠 صورة.jpg": "ready",
  });
});

test("storage that is away for 20 seconds is waited for", async ({ page }) => {
  await createCollection(page, "Outage");
  const start = Date.now();
  let refused = 0;
  await page.route("**/*", async (route) => {
    const request = route.request();
    if (isPost(request.method(), request.url(), page) && Date.now() - start < 20_000) {
      refused += 1;
      await route.abort("connectionrefused");
    } else await route.fallback();
  });
  const jpeg = await picture({ width: 200, height: 150 });
  await choose(
    page,
    Array.from({ length: 10 }, (_, index) => file(`${index}.jpg`, jpeg)),
  );
  await expect(uploadRegion(page).getByRole("heading", { name: /10 files.*verified/ })).toBeVisible({
    timeout: 80_000,
  });
  expect(refused).toBeGreaterThan(0);
});

test("an upload left half-way stays open, is shown, and can be finished", async ({ page, context }) => {
  const address = await createCollection(page, "Left");
  // The first two files pass; the rest never arrive.
  let passed = 0;
  await page.route("**/*", async (route) => {
    const request = route.request();
    if (!isPost(request.method(), request.url(), page)) return route.fallback();
    passed += 1;
    // Refused, not held back: what is held back is let go when the page closes.
    return passed <= 2 ? route.fallback() : route.abort("connectionrefused");
  });
  const jpeg = await picture({ width: 200, height: 150 });
  await choose(
    page,
    Array.from({ length: 8 }, (_, index) => file(`${index}.jpg`, jpeg)),
  );
  await expect.poll(() => passed).toBeGreaterThan(2);
  await page.close({ runBeforeUnload: false });
  const later = await context.newPage();
  await expect(async () => {
    await later.goto(address);
    await expect(later.getByText(/2 of 8 files arrived/)).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await later.getByRole("button", { name: "Keep what arrived" }).click();
  await expect(
    later
      .getByRole("main")
      .getByRole("link")
      .filter({ has: later.getByRole("img") }),
  ).toHaveCount(2, {
    timeout: 60_000,
  });
});

/** The embedded PostgreSQL's server process and all its sessions. */
function postgresPids(): string[] {
  const dir = process.env.ATOLL_DATA_DIR ?? "";
  const home = readdirSync(dir, { recursive: true, encoding: "utf8" }).find(
    (name) => path.basename(name) === "postmaster.pid",
  );
  if (!home) throw new Error("the embedded PostgreSQL is not running from the data folder");
  const [postmaster = ""] = readFileSync(path.join(dir, home), "utf8").split("\n");
  const sessions = execFileSync("ps", ["-o", "pid=", "--ppid", postmaster], { encoding: "utf8" });
  return [postmaster, ...sessions.split(/\s+/).filter((pid) => pid !== "")];
}

test("a database that does not answer is a 503 that says so, and the site comes back by itself", async ({ page }) => {
  await page.goto("/collections");
  const pids = postgresPids();
  for (const pid of pids) process.kill(Number(pid), "SIGSTOP");
  try {
    await expect
      .poll(
        () =>
          page.request
            .get("/collections", { headers: { accept: "text/html" }, timeout: 4_000 })
            // One that was under way when the database went waits for it.
            .then(
              (response) => response.status(),
              () => 0,
            ),
        {
          timeout: 20_000,
        },
      )
      .toBe(503);
    const response = await page.goto("/collections");
    expect(response?.headers()["retry-after"]).toMatch(/^\d+$/);
    await expect(page.getByRole("heading")).toContainText(/database|reach/i);
    const health = await page.request.get("/api/health");
    expect(health.status()).toBe(503);
    expect(await health.json()).toMatchObject({ status: "down", database: "down" });
  } finally {
    for (const pid of pids) process.kill(Number(pid), "SIGCONT");
  }
  await expect(async () => {
    expect((await page.goto("/collections"))?.status()).toBe(200);
  }).toPass({ timeout: 30_000 });
  await expect(page.getByRole("heading", { name: "Collections" })).toBeVisible();
});
