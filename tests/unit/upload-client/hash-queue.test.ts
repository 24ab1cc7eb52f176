import { describe, expect, it } from "vitest";
import { digestsOf } from "@/lib/upload/client/hashing";
import { hashInWorker } from "@/lib/upload/client/worker-hasher";
import { uploadPolicy } from "@/lib/upload/policy";
import { answerOf, newFile, openedOf, World } from "./world";

const digests = { sha256: "a".repeat(64), md5: "b".repeat(32) };
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

describe("a hash that is of use no more", () => {
  it("ends between two pieces of the file", async () => {
    const piece = new Blob([new Uint8Array(1024 * 1024)]);
    const file = new Blob(Array.from({ length: 12 }, () => piece));
    const controller = new AbortController();
    const slices: number[] = [];
    const slice = file.slice.bind(file);
    file.slice = (start, end) => {
      slices.push(start ?? 0);
      controller.abort();
      return slice(start, end);
    };
    await expect(digestsOf(file, controller.signal)).rejects.toMatchObject({ name: "AbortError" });
    expect(slices).toEqual([0]);
  });

  it("is told to the worker", () => {
    const messages: object[] = [];
    const worker = { postMessage: (message: object) => void messages.push(message), terminate: () => undefined };
    const hasher = hashInWorker(() => worker as unknown as Worker);
    const controller = new AbortController();
    const body = new Blob([new Uint8Array(300 * 1024)]);
    void hasher.digests(body, controller.signal);
    controller.abort();
    expect(messages).toEqual([{ id: 1, kind: "digests", body }, { cancel: 1 }]);
  });

  it("is a matter of small files for nobody: they are hashed at once, without a worker", async () => {
    const hasher = hashInWorker(() => {
      throw new Error("no worker is to be started");
    });
    expect(await hasher.digests(new Blob(["123456789"]))).toMatchObject({ md5: "25f9e794323b453885f5181f1b624d0b" });
  });
});
