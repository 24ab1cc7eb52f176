import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { deleteVersions } from "@/lib/storage/objects/deletion";

const folder = path.resolve(import.meta.dirname, "../../../lib/storage");

/** Commands of the SDK that change objects, and what signs a grant for others to do so. */
const changes =
  /\bnew (?:Put|Delete|Copy|Create|Complete|Abort|Upload|Restore|Rename)\w*Command\b|\bcreatePresignedPost\(|method: "PUT"/;
/** Settings, which lib/infra writes with a permit, and the owner file, which permits are made from. */
const exceptions = ["bucket-settings.ts", "owner-file.ts"];

/** The functions of a file, as text. */
function functionsOf(text: string): string[] {
  return text.split(/^(?=(?:export )?(?:async )?function)/m).slice(1);
}

describe("changing the bucket without a permit", () => {
  it("does not compile", () => {
    // @ts-expect-error: the permit is missing
    const unpermitted = () => deleteVersions([{ key: "media/c/u/a.jpg", versionId: "v" }]);
    expect(unpermitted).toBeTypeOf("function");
  });

  it("is no function of lib/storage: each one that changes objects looks at its permit first", () => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const found = files
      .filter((name) => !exceptions.includes(name))
      .flatMap((name) => functionsOf(readFileSync(path.join(folder, name), "utf8")))
      .filter((text) => changes.test(text));
    // put, delete one, delete many; create, sign, complete, abort; copy, copy a part; post policy
    expect(found).toHaveLength(10);
    const unguarded = found.filter(
      (text) => text.search(/await requirePermit\(/) < 0 || text.search(changes) < text.search(/await requirePermit\(/),
    );
    expect(unguarded).toEqual([]);
  });
});
