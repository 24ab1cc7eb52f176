import { expect, test } from "@playwright/test";
import { requestLog } from "../site";

// Runs after all other tests: their requests are what it reads.
test("no body over 64 KiB went through the site but lists of names", async () => {
  const requests = await requestLog();
  expect(requests.length).toBeGreaterThan(20);
  expect(requests.some(({ method }) => method === "POST")).toBe(true);
  // Up to 1,000 files are registered in one call: their names, sizes and checksums, which the site knows as JSON only.
  const names = /^\/api\/v1\/uploads\/[0-9a-f-]{36}\/files$/;
  const large = requests.filter(({ path, bytesIn }) => bytesIn > (names.test(path) ? 1024 : 64) * 1024);
  expect(large).toEqual([]);
});
