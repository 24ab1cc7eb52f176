import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { deletionCalls } from "@/lib/storage/objects/deletion";

const root = path.resolve(import.meta.dirname, "../../..");
const limitBytes = 1024 * 1024;

/** The body as the SDK writes it, with the longest reference for each character that it escapes. */
function bodyBytes(versions: readonly { key: string; versionId: string }[]): number {
  const escaped = (text: string) => text.replaceAll(/[&<>"'\r\n\u0085\u2028]/g, "&#x2028;");
  const objects = versions.map(
    ({ key, versionId }) => `<Object><Key>${escaped(key)}</Key><VersionId>${escaped(versionId)}</VersionId></Object>`,
  );
  return Buffer.byteLength(`<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${objects.join("")}</Delete>`);
}

describe("a list of versions to delete is split by bytes, too", () => {
  it.each([
    ["long keys", "k".repeat(1_024)],
    ["keys of characters that XML escapes", "'&<\r".repeat(256)],
    ["keys of characters beyond ASCII", "\u{1fab8}".repeat(256)],
  ])("1,000 %s", (_, key) => {
    const versions = Array.from({ length: 1_000 }, (_, index) => ({ key: key + index, versionId: "v".repeat(32) }));
    const calls = deletionCalls(versions);
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.flat()).toEqual(versions);
    for (const call of calls) expect(bodyBytes(call)).toBeLessThan(limitBytes);
  });

  it("short keys go 1,000 to a call", () => {
    const versions = Array.from({ length: 2_001 }, (_, index) => ({ key: `k${index}`, versionId: "v" }));
    expect(deletionCalls(versions).map(({ length }) => length)).toEqual([1_000, 1_000, 1]);
    expect(deletionCalls([])).toEqual([]);
  });
});

it("nothing but lib/storage/objects/deletion.ts removes bytes from the bucket", () => {
  const files = readdirSync(path.join(root, "lib"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith("embedded/"))
    .map((file) => `lib/${file}`);
  const removing = files.filter((file) =>
    /\b(DeleteObjects?|AbortMultipartUpload|DeleteBucket)Command\b/.test(readFileSync(path.join(root, file), "utf8")),
  );
  expect(removing).toEqual(["lib/storage/objects/deletion.ts"]);
});
