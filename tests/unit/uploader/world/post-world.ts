import type { PostFailure } from "@/lib/uploader/state/failures";
import { newFile, policyOf, World } from "./world";

/** An open upload of so many small files. */
export function uploading(count: number, policy = policyOf(), sizeBytes = 100): World {
  const world = new World();
  world.add(...Array.from({ length: count }, (_, index) => newFile(`trip/f${index}.jpg`, sizeBytes)));
  world.open(policy);
  return world;
}

export function failPost(world: World, post: { fileId: number; run: number; generation: number }, why: PostFailure) {
  const { fileId, run, generation } = post;
  return world.send({ type: "postFailed", fileId, run, generation, failure: why });
}
