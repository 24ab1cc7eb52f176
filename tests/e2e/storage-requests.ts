import type { Page, Request, Route } from "@playwright/test";

const denial = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';

/** Whether a request of the page carries a file, or a part of one, to the storage. */
export function carriesFile(page: Page, request: Request): boolean {
  const toStorage = new URL(request.url()).host !== new URL(page.url()).host;
  return toStorage && ["POST", "PUT"].includes(request.method());
}

/** Counts the page's requests that carry files from now on, by what became of them. */
export function countFileRequests(page: Page): { underWay: number; arrived: number; failed: number } {
  const count = { underWay: 0, arrived: 0, failed: 0 };
  page.on("request", (request) => {
    if (carriesFile(page, request)) count.underWay += 1;
  });
  page.on("response", (response) => {
    if (carriesFile(page, response.request()) && response.ok()) count.arrived += 1;
  });
  page.on("requestfinished", (request) => {
    if (carriesFile(page, request)) count.underWay -= 1;
  });
  page.on("requestfailed", (request) => {
    if (!carriesFile(page, request)) return;
    count.underWay -= 1;
    count.failed += 1;
  });
  return count;
}

/** Calls `handle` for each request of the page that carries a file, with how many there were, itself included. */
async function onFileRequests(page: Page, handle: (route: Route, count: number) => Promise<void>): Promise<void> {
  let count = 0;
  await page.route("**/*", (route) => {
    if (!carriesFile(page, route.request())) return route.fallback();
    count += 1;
    return handle(route, count);
  });
}

/** Breaks the requests that carry files, counted from 1, for which `isRefused` holds. */
export async function refuseFiles(page: Page, isRefused: (count: number) => boolean): Promise<void> {
  await onFileRequests(page, (route, count) =>
    isRefused(count) ? route.abort("connectionrefused") : route.fallback(),
  );
}

type Outcome = "pass" | "hold" | "deny";

/** Decides what happens to requests that carry files to the storage; those held back wait until the outcome changes. */
export async function storageGate(page: Page): Promise<(outcome: Outcome) => void> {
  let outcome: Outcome = "pass";
  let release = () => {};
  let released = Promise.resolve();
  await onFileRequests(page, async (route) => {
    if (outcome === "deny")
      return route.fulfill({ status: 403, body: denial, headers: { "access-control-allow-origin": "*" } });
    await released;
    // The page may be gone by now.
    return route.fallback().catch(() => undefined);
  });
  return (next) => {
    outcome = next;
    if (next !== "hold") return release();
    released = new Promise((resolve) => {
      release = resolve;
    });
  };
}
