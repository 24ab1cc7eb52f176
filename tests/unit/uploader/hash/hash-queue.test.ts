import { describe, expect, it } from "vitest";
import { uploadPolicy } from "@/lib/upload/policy";
import { digestsOf } from "@/lib/uploader/hash/hashing";
import { hashInWorker } from "@/lib/uploader/hash/worker-hasher";
import { smallBytes } from "@/lib/uploader/state/file";
import { digests } from "../world/samples";
import { answerOf, newFile, openedOf, World } from "../world/world";

const largeBytes = uploadPolicy.multipartFromBytes;

/** Twenty large files that the collection may have already, and then forty small new ones. */
function mixed(): World {
  const world = new World({ hashes: true });
  world.answer = (file) => ({ ...answerOf(file), ...(file.size >= largeBytes && { mayBeKnown: true }) });
  const large = Array.from({ length: 20 }, (_, index) => newFile(`large-${index}`, largeBytes));
  world.add(...large, ...Array.from({ length: 40 }, (_, index) => newFile(`small-${index}`)));
  world.open(openedOf().policy);
  return world;
}

const isLarge = ({ sizeBytes }: { sizeBytes: number }) => sizeBytes >= largeBytes;

describe("large files that are to be hashed whole", () => {
  it("do so two at a time, and keep no small one waiting", () => {
    const world = mixed();
    const hashes = world.take("hash");
    expect(hashes.filter(isLarge)).toHaveLength(2);
    expect(hashes.filter((hash) => !isLarge(hash))).toHaveLength(12);
    expect(world.state).toMatchObject({ hashedAhead: 12, hashedWhole: 2 });
    const [first] = hashes;
    world.send({ type: "hashed", fileId: first?.fileId ?? -1, run: first?.run ?? -1, digests });
    expect(world.take("hash").filter(isLarge)).toHaveLength(1);
  });

  it("are not read on once they are canceled", () => {
    const world = mixed();
    const [hash] = world.take("hash");
    const effects = world.send({ type: "fileCanceled", fileId: hash?.fileId ?? -1 });
    expect(effects).toContainEqual({ type: "stop", fileId: hash?.fileId });
    expect(world.take("hash").filter(isLarge)).toHaveLength(1);
    expect(world.state.hashedWhole).toBe(2);
  });
});

describe("small files that are posted next", () => {
  const quickMs = 200;

  /** Hashes and posts what there is to; returns the last effects of both kinds. */
  function postRound(world: World, verified: boolean, tookMs = quickMs) {
    const hashes = world.take("hash");
    for (const { fileId, run } of hashes) world.send({ type: "hashed", fileId, run, digests });
    const posts = world.take("post");
    world.at += tookMs;
    for (const { fileId, run } of posts) {
      const { sizeBytes, lastModified } = world.file(fileId);
      world.send({ type: "posted", fileId, run, verified });
      world.send({ type: "rechecked", fileId, run, onDisk: { sizeBytes, lastModified } });
    }
    return { hashes, posts };
  }

  function uploadingHashed(sizeBytes = 100): World {
    const world = new World({ hashes: true });
    world.add(...Array.from({ length: 60 }, (_, index) => newFile(`f${index}`, sizeBytes)));
    const policy = Buffer.from('["starts-with", "$x-amz-checksum-sha256", ""]').toString("base64");
    world.open({ ...openedOf().policy, fields: { key: "k", policy } });
    return world;
  }

  it("keep their bytes until then, as few as are hashed ahead; others do not", () => {
    const small = uploadingHashed();
    expect(small.take("hash").map(({ keep }) => keep)).toEqual(Array.from({ length: 12 }, () => true));
    expect(
      uploadingHashed(smallBytes + 1)
        .take("hash")
        .some(({ keep }) => keep),
    ).toBe(false);
    // Hashed only to find out whether the collection has them: thousands may be.
    const known = new World({ hashes: true });
    known.answer = (file) => ({ ...answerOf(file), mayBeKnown: true });
    known.add(newFile("a"));
    known.open(openedOf().policy);
    expect(known.take("hash")).toMatchObject([{ keep: false }]);
  });

  it("need no MD5 once the storage has shown that it compares the SHA-256", () => {
    for (const verified of [true, false]) {
      const world = uploadingHashed();
      expect(postRound(world, verified).hashes.every(({ md5 }) => md5)).toBe(true);
      postRound(world, verified);
      expect(world.take("hash").every(({ md5 }) => md5)).toBe(!verified);
    }
  });

  it("are not watched on their way where that is short, but when something went wrong with them", () => {
    const fair = uploadingHashed(smallBytes);
    expect(postRound(fair, true).posts.some(({ quiet }) => quiet)).toBe(false);
    expect(postRound(fair, true).posts.every(({ quiet }) => quiet)).toBe(true);
    const quick = uploadingHashed();
    expect(postRound(quick, true).posts.every(({ quiet }) => quiet)).toBe(true);
    for (const { fileId, run } of quick.take("hash")) quick.send({ type: "hashed", fileId, run, digests });
    const [post] = quick.take("post");
    const { fileId = -1, run = -1, generation = -1 } = post ?? {};
    quick.send({ type: "postFailed", fileId, run, generation, failure: { kind: "network" } });
    quick.at += 60_000;
    quick.send({ type: "timerFired", timer: `file:${fileId}` });
    const later = Array.from({ length: 20 }, () => postRound(quick, true)).flatMap(({ posts }) => posts);
    expect(later.find((one) => one.fileId === fileId)?.quiet).toBe(false);
    const slow = uploadingHashed();
    postRound(slow, true, 3_000);
    expect(postRound(slow, true, 3_000).posts.some(({ quiet }) => quiet)).toBe(false);
    const large = uploadingHashed(smallBytes + 1);
    postRound(large, true);
    expect(postRound(large, true).posts.some(({ quiet }) => quiet)).toBe(false);
  });
});

describe("a hash that is of use no more", () => {
  it("ends where the file's drive hangs", async () => {
    const file = new Blob([new Uint8Array(5 * 1024 * 1024)]);
    file.stream = () => new ReadableStream({ pull: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const hashed = digestsOf(file, { md5: true, signal: controller.signal });
    controller.abort();
    await expect(hashed).rejects.toMatchObject({ name: "AbortError" });
  });

  it("ends between two pieces of the file", async () => {
    const piece = new Blob([new Uint8Array(1024 * 1024)]);
    const file = new Blob(Array.from({ length: 12 }, () => piece));
    const controller = new AbortController();
    let pulled = 0;
    let canceled = false;
    file.stream = () =>
      new ReadableStream(
        {
          pull(stream) {
            pulled += 1;
            stream.enqueue(new Uint8Array(1024 * 1024));
            controller.abort();
          },
          cancel() {
            canceled = true;
          },
        },
        { highWaterMark: 0 },
      );
    await expect(digestsOf(file, { md5: true, signal: controller.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect({ pulled, canceled }).toEqual({ pulled: 1, canceled: true });
  });

  it("is passed to the worker", () => {
    const messages: object[] = [];
    const worker = { postMessage: (message: object) => void messages.push(message), terminate: () => undefined };
    const hasher = hashInWorker(() => worker as unknown as Worker);
    const controller = new AbortController();
    const body = new Blob([new Uint8Array(300 * 1024)]);
    void hasher.digests(body, { md5: true, signal: controller.signal });
    controller.abort();
    expect(messages).toEqual([{ id: 1, kind: "digests", body, md5: true }, { cancel: 1 }]);
  });

  it("has no effect on small files: they are hashed at once, without a worker", async () => {
    const hasher = hashInWorker(() => {
      throw new Error("no worker is to be started");
    });
    expect(await hasher.digests(new Blob(["123456789"]), { md5: true })).toMatchObject({
      md5: "25f9e794323b453885f5181f1b624d0b",
    });
  });
});
