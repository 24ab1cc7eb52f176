import { describe, expect, it } from "vitest";
import { uploadPolicy } from "@/lib/upload/policy";
import { filesInput, openUploadInput, partsInput } from "@/lib/upload/schema";

const problemOf = (input: object): string | undefined =>
  openUploadInput.safeParse({ collectionSlug: "reef", ...input }).error?.issues[0]?.message;

const entries = (count: number, key: (index: number) => string, value = "v") =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [key(index), value]));

describe("an upload has limits, and an error names the one that was exceeded", () => {
  const { maxMetadataKeys, maxMetadataKeyCharacters, maxMetadataValueCharacters, maxLabelCharacters } = uploadPolicy;
  const longKey = (index: number) => `${index}`.padEnd(maxMetadataKeyCharacters, "k");

  it("at them", () => {
    const metadata = entries(maxMetadataKeys, longKey, "v".repeat(maxMetadataValueCharacters));
    expect(problemOf({ metadata, label: "l".repeat(maxLabelCharacters) })).toBeUndefined();
  });

  it.each([
    ["metadata keys", { metadata: entries(33, (index) => `k${index}`) }, "Metadata have at most 32 keys."],
    ["a key", { metadata: { ["k".repeat(257)]: "v" } }, "A key of the metadata has at most 256 characters."],
    ["a value", { metadata: { k: "v".repeat(1_025) } }, "A value of the metadata has at most 1,024 characters."],
    ["the label", { label: "l".repeat(201) }, "A label has at most 200 characters."],
  ])("%s beyond them", (_, input, message) => expect(problemOf(input)).toMatch(message));

  it("calls take so many files and parts", () => {
    const file = (index: number) => ({ path: `f${index}`, size: 1 });
    const files = Array.from({ length: uploadPolicy.maxFilesPerCall + 1 }, (_, index) => file(index));
    expect(filesInput.safeParse({ files: files.slice(1) }).success).toBe(true);
    expect(filesInput.safeParse({ files }).error?.issues[0]?.message).toBe("One call takes at most 1,000 files.");
    const parts = Array.from({ length: uploadPolicy.maxPartsPerCall + 1 }, (_, index) => index + 1);
    const fileId = "00000000-0000-4000-8000-000000000000";
    expect(partsInput.safeParse({ fileId, parts }).error?.issues[0]?.message).toBe("One call takes at most 100 parts.");
  });
});
