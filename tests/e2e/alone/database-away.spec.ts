import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "@playwright/test";
import { requiredEnv } from "../required-env";
import { test } from "../test";

/** Returns the process ids of the embedded PostgreSQL's server and of all its sessions. */
function postgresPids(): string[] {
  const dir = requiredEnv("ATOLL_DATA_DIR");
  const file = readdirSync(dir, { recursive: true, encoding: "utf8" }).find(
    (name) => path.basename(name) === "postmaster.pid",
  );
  if (!file) throw new Error("the embedded PostgreSQL is not running from the data folder");
  const [postmaster = ""] = readFileSync(path.join(dir, file), "utf8").split("\n");
  const sessions = execFileSync("ps", ["-o", "pid=", "--ppid", postmaster], { encoding: "utf8" });
  return [postmaster, ...sessions.split(/\s+/).filter((pid) => pid !== "")];
}

test("a database that does not answer is a 503 that says so, and the site comes back by itself", async ({ page }) => {
  await page.goto("/collections");
  const pids = postgresPids();
  // A request that was under way when the database stopped waits for it.
  const status = () =>
    page.request.get("/collections", { headers: { accept: "text/html" }, timeout: 4_000 }).then(
      (response) => response.status(),
      () => 0,
    );
  for (const pid of pids) process.kill(Number(pid), "SIGSTOP");
  try {
    await expect.poll(status, { timeout: 60_000 }).toBe(503);
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
    // A page may still be answered by a connection that broke: it says so within its frame, and is loaded again.
    expect((await page.goto("/collections"))?.status()).toBe(200);
    await expect(page.getByRole("heading", { name: "Create your first collection" })).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 120_000 });
});
