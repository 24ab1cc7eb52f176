import { expect, it } from "vitest";
import { type Identity, readOnlyMessage, reasons, type Standing, standingOf, standingText } from "@/lib/owner/policy";
import type { OwnerFileContent } from "@/lib/owner/schema";

const database: Identity = {
  installation: "a",
  generation: 2,
  place: "7/16384",
  marks: ["m1", "m2", "m3"],
  hasOwned: true,
};
const file: OwnerFileContent = {
  ...{ installation: "a", generation: 2, mark: "m2", place: "7/16384" },
  ...{ site: "https://photos.example.org", writtenAt: "2026-11-30T12:00:00.000Z" },
};

it.each<[string, Partial<Identity>, Partial<OwnerFileContent> | null, Standing]>([
  ["the live database", {}, {}, "owner"],
  ["after the bucket's change, before its own", {}, { mark: "m3" }, "owner"],
  ["a replica that lags by one mark", {}, { mark: "m1" }, "owner"],
  ["a dump, restored on another server", { place: "8/16384" }, {}, "copy"],
  ["a dump, restored beside it", { place: "7/24576" }, {}, "copy"],
  ["a snapshot, or set back in time", {}, { mark: "m9" }, "behind"],
  ["a dump of before a take-over", { generation: 1 }, {}, "superseded"],
  ["one that was taken over", {}, { generation: 3, place: "8/16384", mark: "x" }, "superseded"],
  ["another installation", { installation: "b" }, {}, "other"],
  ["a new bucket", { hasOwned: false, marks: [] }, null, "unclaimed"],
  ["another bucket than before", {}, null, "lost"],
])("%s", (_, identity, content, expected) => {
  expect(standingOf({ ...database, ...identity }, content && { ...file, ...content })).toBe(expected);
});

it("every standing has words that say what is safe and what to do", () => {
  for (const standing of Object.keys(reasons) as (keyof typeof reasons)[]) {
    expect(readOnlyMessage(standing)).toContain("Nothing was uploaded, changed or deleted.");
    expect(standingText(standing)).toMatch(/^[^\n]+$/);
    expect(standingText(standing)).toMatch(standing === "drill" ? /ATOLL_DRILL/ : /atoll infra take-over$/);
  }
});
