import type { PostFailure } from "@/lib/uploader/state/failures";
import { newFile, World } from "./world";

export const network: PostFailure = { kind: "network" };

export function answer(
  status: number,
  code: string | null,
  message = "",
  retryAfterSeconds: number | null = null,
): PostFailure {
  return { kind: "answer", status, code, message, retryAfterSeconds };
}

export function uploading(count: number): World {
  const world = new World();
  world.add(...Array.from({ length: count }, (_, index) => newFile(`trip/f${index}.jpg`)));
  world.open();
  return world;
}

export function failPost(world: World, post: { fileId: number; run: number; generation: number }, why: PostFailure) {
  const { fileId, run, generation } = post;
  return world.send({ type: "postFailed", fileId, run, generation, failure: why });
}
