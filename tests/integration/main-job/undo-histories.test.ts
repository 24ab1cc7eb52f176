import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { redoUpload, undoUpload } from "@/lib/upload/undo/commands";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { formNumber } from "@/tests/support/forms.mjs";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { derive, dropInto, shownIn } from "./drops";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

type Step = { drop: Record<string, number> } | { verb: "undo" | "redo" | "derive"; which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      drop: fc.dictionary(fc.constantFrom("p", "q"), fc.integer({ min: 1, max: 3 }), { minKeys: 1 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ verb: fc.constantFrom("undo", "redo", "derive"), which: fc.nat({ max: 4 }) }) },
);

/** A file's bytes are identified by their size. `by` are the uploads that brought them. */
type ModelRevision = { size: number; by: number[]; isReady: boolean };

/** What is shown at a path: of what uploads brought that are not undone the newest that can be shown, else the first that waits. */
class Model {
  readonly #paths = new Map<string, ModelRevision[]>();
  readonly #undone = new Set<number>();

  drop(upload: number, path: string, size: number): void {
    const revisions = this.#paths.get(path) ?? [];
    this.#paths.set(path, revisions);
    const wanted = revisions.filter((revision) => this.#isWanted(revision));
    // What the path ends with: bytes like those make nothing new.
    const shown = this.#shownAt(path);
    const head = wanted.findLast((revision) => revision === shown || !revision.isReady);
    if (head?.size === size) head.by.push(upload);
    else revisions.push({ size, by: [upload], isReady: false });
  }

  derive(upload: number): void {
    for (const revision of [...this.#paths.values()].flat()) if (revision.by[0] === upload) revision.isReady = true;
  }

  apply(upload: number, verb: "undo" | "redo"): void {
    if (verb === "undo") this.#undone.add(upload);
    else this.#undone.delete(upload);
  }

  shown(): Record<string, number> {
    const entries = [...this.#paths.keys()].toSorted().map((path) => [path, this.#shownAt(path)?.size] as const);
    return Object.fromEntries(entries.filter(([, size]) => size !== undefined)) as Record<string, number>;
  }

  #isWanted({ by }: ModelRevision): boolean {
    return by.some((upload) => !this.#undone.has(upload));
  }

  #shownAt(path: string): ModelRevision | undefined {
    const wanted = (this.#paths.get(path) ?? []).filter((revision) => this.#isWanted(revision));
    return wanted.findLast(({ isReady }) => isReady) ?? wanted[0];
  }
}

const histories = formNumber("ATOLL_TEST_UNDO_HISTORIES");

it(
  "shows the newest revision that is not undone, after any order of drops, undos, redos and derivations",
  async () => {
    const owner = await testUser("Owner");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        const slug = await testCollection(owner);
        const model = new Model();
        const uploads: Awaited<ReturnType<typeof dropInto>>[] = [];
        for (const step of steps) {
          if ("drop" in step) {
            const files = Object.entries(step.drop).map(([path, size]) => [path, "x".repeat(size)]);
            for (const [path, size] of Object.entries(step.drop)) model.drop(uploads.length, path, size);
            uploads.push(await dropInto(slug, Object.fromEntries(files), { by: owner, derived: false }));
          } else {
            const upload = uploads[step.which];
            if (!upload) continue;
            if (step.verb === "derive") {
              model.derive(step.which);
              for (const id of upload.revisions) await derive(id);
            } else {
              model.apply(step.which, step.verb);
              await (step.verb === "undo" ? undoUpload : redoUpload)(owner, upload.id);
            }
          }
          expect(await shownIn(slug)).toEqual(model.shown());
        }
      }),
      { numRuns: histories },
    );
  },
  60_000 + histories * 10_000,
);
