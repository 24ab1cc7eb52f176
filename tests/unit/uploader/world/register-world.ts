import type { Effect } from "@/lib/uploader/state/events";
import { callFailure } from "./samples";
import { newFile, World } from "./world";

export type Files = Extract<Effect, { type: "files" }>;

/** An open upload with so many files, none of them registered. */
export function opened(count: number, sizeOf: (index: number) => number = () => 100, hashes = false): World {
  const world = new World({ hashes });
  world.answer = null;
  world.add(...Array.from({ length: count }, (_, index) => newFile(`f${count - index}`, sizeOf(index))));
  world.open();
  return world;
}

/** Answers all batches, rejecting those above so many bytes; returns the number of calls. */
export function registerAll(world: World, roomBytes: number): number {
  let calls = 0;
  for (let batches = world.take("files"); batches.length > 0; batches = takeOrYield(world))
    for (const batch of batches) {
      calls += 1;
      const wanted = batch.files.reduce((sum, { size }) => sum + size, 0);
      if (wanted > roomBytes)
        world.send({ type: "filesFailed", batch: batch.batch, failure: callFailure("TOO_LARGE", "No room.") });
      else world.register(batch);
    }
  return calls;
}

/** The next batches, after as many yields as needed. */
function takeOrYield(world: World): Files[] {
  for (;;) {
    const batches = world.take("files");
    if (batches.length > 0 || world.take("yieldToPage").length === 0) return batches;
    world.send({ type: "yielded" });
  }
}
