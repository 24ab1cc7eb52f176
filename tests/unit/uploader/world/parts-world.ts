import type { Effect } from "@/lib/uploader/state/events";
import type { PostFailure } from "@/lib/uploader/state/failures";
import { mib } from "./samples";
import { newFile, policyOf, World } from "./world";

export type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

export function uploadingLarge(...sizesMib: number[]): World {
  return uploadingTo(undefined, ...sizesMib);
}

/** With other endpoints than the first one. */
export function uploadingTo(endpoints: string[] | undefined, ...sizesMib: number[]): World {
  const world = new World();
  world.add(...sizesMib.map((size, index) => newFile(`f${index}`, size * mib)));
  world.open(endpoints && { ...policyOf(), endpoints });
  return world;
}

/** The site signs all parts that wait for it, for all requested endpoints. */
export function sign(world: World, seconds = 900): number {
  let calls = 0;
  for (const effect of world.take("sign")) {
    const { fileId, multipartId, request } = effect;
    const { parts, endpoints = [] } = request;
    const url = (host: string, n: number) => `${host}/${multipartId}/${n}?X-Amz-Expires=${seconds}`;
    const urlsAt = (host: string) => Object.fromEntries(parts.map((n) => [String(n), url(host, n)]));
    const elsewhere = Object.fromEntries(endpoints.map((endpoint) => [endpoint, urlsAt(endpoint)]));
    const signed = { fileId, multipartId, parts, urls: urlsAt("http://s3.test"), elsewhere };
    world.send({ type: "partsSigned", ...signed, requestedAt: world.at });
    calls += 1;
  }
  return calls;
}

export function land(world: World, { fileId, run, n }: EffectOf<"part">): void {
  world.send({ type: "partSent", fileId, run, n, etag: `"etag-${n}"` });
}

export function lose(world: World, { fileId, run, n }: EffectOf<"part">, failure: PostFailure): void {
  world.send({ type: "partFailed", fileId, run, n, failure });
}

/** Sends everything, as fast as it comes. */
export function sendAll(world: World): void {
  for (let round = 0; round < 30_000 && world.state.phase === "uploading"; round += 1) {
    sign(world);
    for (const part of world.take("part")) land(world, part);
    for (const post of world.take("post")) world.deliver(post);
    for (const { fileId, run } of world.take("recheck")) {
      const { sizeBytes, lastModified } = world.file(fileId);
      world.send({ type: "rechecked", fileId, run, onDisk: { sizeBytes, lastModified } });
    }
    for (const { fileId, multipartId } of world.take("complete"))
      world.send({ type: "completed", fileId, multipartId });
  }
}
