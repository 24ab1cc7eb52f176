import { expect, type Page } from "@playwright/test";
import { picture } from "@/tests/support/pictures";

type Chosen = { name: string; mimeType: string; buffer: Buffer };

export const uploadRegion = (page: Page) => page.getByRole("region", { name: "Upload", exact: true });
export const tray = (page: Page) => page.getByRole("banner").getByRole("button", { name: /upload/ });
export const tiles = (page: Page) =>
  page
    .getByRole("main")
    .getByRole("link")
    .filter({ has: page.getByRole("img") });

export async function pictures(count: number, seed = 1): Promise<Chosen[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      name: `${index}.jpg`,
      mimeType: "image/jpeg",
      buffer: await picture({ width: 200, height: 150, seed: seed + index }),
    })),
  );
}

export async function choose(page: Page, files: Chosen[]): Promise<void> {
  await page.getByLabel("Files to upload").setInputFiles(files);
}

type Fate = "pass" | "hold" | "deny";

const denial = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';

/** Decides what becomes of requests that carry files to the storage; those held back wait until they may pass. */
export async function storageGate(page: Page): Promise<(fate: Fate) => void> {
  let fate: Fate = "pass";
  let open = () => {};
  let opened = Promise.resolve();
  await page.route("**/*", async (route) => {
    const request = route.request();
    const away = new URL(request.url()).host !== new URL(page.url()).host;
    if (!away || !["POST", "PUT"].includes(request.method()) || fate === "pass") return route.fallback();
    if (fate === "deny")
      return route.fulfill({ status: 403, body: denial, headers: { "access-control-allow-origin": "*" } });
    await opened;
    // The page may be gone by now.
    return route.fallback().catch(() => undefined);
  });
  return (next) => {
    fate = next;
    if (next === "hold")
      opened = new Promise((resolve) => {
        open = resolve;
      });
    else open();
  };
}

export async function expectFinished(page: Page, heading: RegExp | string): Promise<void> {
  await expect(uploadRegion(page).getByRole("heading", { name: heading })).toBeVisible({ timeout: 60_000 });
}
