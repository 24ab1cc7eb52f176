import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { reached } from "@/components/ui/reached";

it("an action without an answer is one that failed, with words that say so", async () => {
  expect(await reached(Promise.resolve({ ok: true, value: 1 }))).toEqual({ ok: true, value: 1 });
  const failed = await reached(Promise.reject(new TypeError("Failed to fetch")));
  expect(failed).toMatchObject({
    ok: false,
    error: { message: expect.stringMatching(/could not be reached/), issues: [] },
  });
});

it("no form awaits an action by itself: its error would take the form's place", () => {
  const files = readdirSync("components", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".tsx"),
  );
  const bare = files.filter((name) => {
    const text = readFileSync(`components/${name}`, "utf8");
    return /await \w+Action\(/.test(text) && !/\bcatch \{/.test(text);
  });
  expect(files.length).toBeGreaterThan(50);
  expect(bare).toEqual([]);
});
