import { readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { visibilities } from "@/lib/collection/policy";
import { toAppError } from "@/lib/errors";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { bucketPermit } from "@/lib/owner/commands";
import { system } from "../../support/fixtures/people";
import { testBucket, testDatabase } from "../../support/services/services";
import { rows } from "./table";
import { type ActorName, actorNames, Stage, snapshot, type World } from "./world";

await testDatabase();
await testBucket();
afterAll(stopQueue);

let stage: Stage;
beforeAll(async () => {
  // Before the world has files that the bucket does not.
  await bucketPermit(system);
  stage = await Stage.set();
});

const letters = { NOT_FOUND: ".", UNAUTHENTICATED: "?", INVALID: "x", CONFLICT: "!" } as const;

type Row = (typeof rows)[number];

async function outcome(row: Row, actor: ActorName, world: World): Promise<string> {
  const viewer = await stage.viewer(actor);
  try {
    const result = await row.run(viewer, world);
    return typeof result === "string" ? result : "+";
  } catch (thrown) {
    const { code } = toAppError(thrown);
    if (!(code in letters)) throw thrown;
    return letters[code as keyof typeof letters];
  }
}

it.each(rows.map((row) => [row.name, row] as const))("%s", async (_, row) => {
  for (const visibility of visibilities) {
    const found: string[] = [];
    let scene: { world: World; state: string } | null = null;
    for (const actor of actorNames) {
      // What was refused, and what only reads, left the record as it was: the next actor asks about the same world, unless
      // it has to be the actor's own.
      if (!scene || row.given?.own) {
        const world = await stage.world(visibility, actor, row.given ?? {});
        scene = { world, state: await snapshot(world) };
      }
      const letter = await outcome(row, actor, scene.world);
      found.push(letter);
      const isChanged = (await snapshot(scene.world)) !== scene.state;
      expect(isChanged, `${visibility}, ${actor}: the record changed`).toBe(letter === "+" && row.changes === true);
      if (isChanged) scene = null;
    }
    expect(`${visibility} ${found.join("")}`).toBe(`${visibility} ${row[visibility]}`);
  }
});

// These have no collection to be a member of; their own tests are in integration/auth and integration/budget.
const outside = ["auth", "budget", "event", "invitation"];
const lib = path.resolve(import.meta.dirname, "../../../lib");
const kinds = /\/(queries|commands|verify|measure|reap)\.ts$/;

it("leaves out no query and no command", async () => {
  const tested = new Set(rows.map(({ name }) => name.split(",")[0]));
  const exported: string[] = [];
  // Nouns nest: lib/upload/undo/commands.ts is upload/undo/commands.
  for (const file of readdirSync(lib, { recursive: true, encoding: "utf8" })) {
    if (outside.some((noun) => file.startsWith(`${noun}/`)) || !kinds.test(file)) continue;
    const module: Record<string, unknown> = await import(path.join(lib, file));
    const names = Object.keys(module).filter((name) => typeof module[name] === "function" && !name.endsWith("Where"));
    exported.push(...names.map((name) => `${file.replace(/\.ts$/, "")}/${name}`));
  }
  expect([...tested].toSorted()).toEqual(exported.toSorted());
});

it("has an outcome for every actor", () => {
  for (const row of rows) {
    for (const visibility of visibilities) expect(row[visibility], row.name).toMatch(/^[+.?!x01wt]{8}$/);
  }
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});
