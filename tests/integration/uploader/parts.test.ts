import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { uploadPolicy } from "@/lib/upload/policy";
import { knownOf } from "@/lib/uploader/state/file";
import { postByFetch } from "@/lib/uploader/transport/post-fetch";
import { putByFetch } from "@/lib/uploader/transport/put-fetch";
import type { PartTransport, PostRequest } from "@/lib/uploader/transport/transport";
import { boundMs, until } from "@/tests/support/until";
import { Bench, large, type SourceFile, sourceFile, tree } from "./bench";
import { Site } from "./site";
import { Storage } from "./storage";
import { Trouble } from "./trouble";

let storage: Storage;
beforeAll(async () => {
  storage = await Storage.start();
});
afterAll(() => storage.end());

/** Parts of the first file that are there. */
function partsOf(bench: Bench): number {
  const [file] = bench.files();
  return (file && knownOf(file).multipart?.arrivedParts) ?? 0;
}

describe("large files", () => {
  it("go in parts beside small ones, on the same six connections, and the storage verifies all of them", async () => {
    const bench = new Bench(new Site(storage));
    const files = [large("film.mov", 41), ...tree(60), large("deep/scan.tif", 16)];
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.parts).toBe(6 + 2);
    expect(bench.posts).toBe(60);
    expect(bench.most.both).toBe(uploadPolicy.parallelPosts);
    expect(bench.most.parts).toBeGreaterThan(1);
    expect(bench.state.bytes.sent).toBe(bench.state.bytes.planned);
    expect(await storage.openMultiparts(bench.site.prefix)).toEqual([]);
    await bench.expectAll(files);
  });

  it("arrive whole through every kind of trouble, small ones too, each once", async () => {
    const trouble = new Trouble(4);
    const bench = new Bench(new Site(storage), { transport: trouble.post, partTransport: trouble.put });
    const files = [large("a.bin", 50), ...tree(80), large("b.bin", 33)];
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done", 1_000);
    expect(bench.state.counts).toMatchObject({ failed: 0, done: bench.state.files.size - bench.state.counts.present });
    await bench.expectAll(files);
    expect((await storage.arrived(bench.site.prefix)).versions).toBe(files.length);
    expect(await storage.openMultiparts(bench.site.prefix)).toEqual([]);
  });

  it("are sent again where they were damaged on the way, as the storage refuses what does not fit its checksum", async () => {
    let damaged = 0;
    const bench = new Bench(new Site(storage), {
      partTransport: async (request) => {
        if (damaged >= 2) return putByFetch(request);
        damaged += 1;
        const bytes = await request.body.bytes();
        bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
        return putByFetch({ ...request, body: new Blob([bytes]) });
      },
    });
    const files = [large("a.bin", 20)];
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done", 1_000);
    expect(bench.parts).toBe(3 + 2);
    await bench.expectAll(files);
  });

  it("get new URLs when theirs have ended", async () => {
    const site = new Site(storage);
    site.urlSeconds = 1;
    let late = true;
    const bench = new Bench(site, {
      partTransport: async (request) => {
        if (late) await vi.waitUntil(() => Date.now() > startedAt + 2_500, { timeout: boundMs });
        late = false;
        // The next ones are to last, however slow the machine.
        site.urlSeconds = 900;
        return putByFetch(request);
      },
    });
    const startedAt = Date.now();
    const files = [large("a.bin", 24)];
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.parts).toBeGreaterThan(3);
    expect(site.calls.filter((call) => call === "parts").length).toBeGreaterThan(1);
    await bench.expectAll(files);
  });

  it("are sent again when they change on the disk, and what was sent of the old one is deleted", async () => {
    const [before, after] = [large("a.bin", 30), large("a.bin", 21)];
    const changed = new File([after.source.file], "a.bin", { lastModified: 2 });
    let onDisk = before.source.file;
    const bench = new Bench(new Site(storage), {
      partTransport: async (request) => {
        const outcome = await putByFetch(request);
        onDisk = changed;
        return outcome;
      },
    });
    await bench.add([{ path: "a.bin", source: { file: onDisk, fresh: async () => onDisk } }]);
    await bench.until(() => bench.state.phase === "done");
    await bench.expectAll([{ path: "a.bin", source: { file: changed } }]);
    expect(await storage.openMultiparts(bench.site.prefix)).toEqual([]);
  });

  it("leave nothing behind when they are canceled one by one", async () => {
    const bench = new Bench(new Site(storage));
    await bench.add([large("a.bin", 40), sourceFile("b.jpg")]);
    await bench.until(() => partsOf(bench) > 0);
    bench.uploader.cancelFile(0);
    await bench.until(() => bench.state.phase === "done");
    await until(async () => expect(await storage.openMultiparts(bench.site.prefix)).toEqual([]));
    await bench.expectAll([sourceFile("b.jpg")]);
  });
});

describe("an upload that was left", () => {
  /** Sends until enough has arrived, then stops without sealing or aborting. */
  async function leave(site: Site, files: SourceFile[], enough: (bench: Bench) => boolean, partTransport = putByFetch) {
    const first = new Bench(site, { partTransport });
    await first.add(files);
    await first.until(() => enough(first));
    first.uploader.dispose();
  }

  it("resumes with the parts and files that are missing, and sends no other", async () => {
    const site = new Site(storage);
    const files = [large("a.bin", 65), ...tree(40)];
    await leave(site, files, (first) => first.state.counts.done >= 10 && partsOf(first) >= 2);
    const arrived = await storage.arrived(site.prefix);
    const second = new Bench(site);
    second.uploader.resume((await site.open()).id);
    await second.until(() => second.state.phase === "uploading");
    await second.add(files);
    await second.until(() => second.state.phase === "done");
    expect(second.posts).toBeLessThanOrEqual(40 - arrived.files.size + 6);
    expect(second.parts).toBeLessThanOrEqual(9 - 2);
    expect(second.state.counts.present).toBeGreaterThanOrEqual(10);
    expect(second.state.bytes.kept).toBeGreaterThan(16 * 1024 * 1024);
    await second.expectAll(files);
    expect(await storage.openMultiparts(site.prefix)).toEqual([]);
  });

  it("does not take parts of another file for its own, though it has the same size and time", async () => {
    const site = new Site(storage);
    let begun = 0;
    const firstTwo: PartTransport = (request) => (++begun > 2 ? new Promise(() => {}) : putByFetch(request));
    await leave(site, [large("a.bin", 40)], (bench) => partsOf(bench) >= 2, firstTwo);
    const other = [large("a.bin", 40)];
    const second = new Bench(site);
    second.uploader.resume((await site.open()).id);
    await second.until(() => second.state.phase === "uploading");
    await second.add(other);
    await second.until(() => second.state.phase === "done", 100);
    await second.expectAll(other);
  });
});

describe("before bytes move", () => {
  it("what does not fit into the quota fails alone, and nothing larger is tried", async () => {
    const site = new Site(storage);
    site.quotaBytes = 3_000;
    const bench = new Bench(site);
    const small = Array.from({ length: 20 }, (_, index) => sourceFile(`small-${index}`, "x".repeat(100)));
    const big = Array.from({ length: 40 }, (_, index) => sourceFile(`z-big-${index}`, "x".repeat(2_000)));
    await bench.add([...small, ...big]);
    await bench.until(() => bench.state.counts.done >= 20 && bench.state.counts.failed > 0);
    await bench.until(() => bench.state.counts.registering === 0);
    expect(bench.state.counts).toMatchObject({ done: 20, failed: 40 });
    expect(bench.files().at(-1)).toMatchObject({ failure: { code: "quota" } });
    bench.uploader.finish();
    await bench.until(() => bench.state.phase === "done");
    await bench.expectAll(small);
  });

  it("bytes the collection has are hashed and not sent, others of that size are", async () => {
    const site = new Site(storage);
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    site.known.set(500, sha256("k".repeat(500)));
    const bench = new Bench(site);
    const other = sourceFile("other", "o".repeat(500));
    await bench.add([sourceFile("known", "k".repeat(500)), other, sourceFile("plain")]);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.state.counts).toMatchObject({ present: 1, done: 2 });
    await bench.expectAll([other, sourceFile("plain")]);
  });

  it("the digests of everything sent are registered before the seal", async () => {
    for (const verifies of [true, false]) {
      const unverified = async (request: PostRequest) => ({ ...(await postByFetch(request)), verified: false });
      const bench = new Bench(new Site(storage), verifies ? {} : { transport: unverified });
      const files = tree(60);
      await bench.add(files);
      await bench.until(() => bench.state.phase === "done");
      const sent = files.map(({ path }) => bench.site.checksums.get(path));
      for (const [index, { source }] of files.entries()) {
        const bytes = await source.file.bytes();
        const hash = (name: string) => createHash(name).update(bytes).digest("hex");
        const md5 = sent[index]?.md5;
        expect(sent[index]).toEqual({ sha256: hash("sha256"), ...(md5 !== undefined && { md5: hash("md5") }) });
      }
      // The first ones are hashed before the storage has shown what it does with a SHA-256.
      const withMd5 = sent.filter((digests) => digests?.md5 !== undefined).length;
      if (verifies) expect(withMd5).toBeLessThan(files.length / 2);
      else expect(withMd5).toBe(files.length);
      expect(bench.site.calls.at(-1)).toBe("seal");
    }
  });

  it("a taken path is a revision, is left out, or gets another name, as chosen once for all", async () => {
    for (const choice of ["revision", "skip", "both"] as const) {
      const site = new Site(storage);
      site.taken.set("a/IMG.jpg", 3).set("b", 1);
      const bench = new Bench(site);
      await bench.add([
        sourceFile("a/IMG.jpg", "new"),
        sourceFile("b", "longer"),
        sourceFile("c"),
        sourceFile("a/IMG (2).jpg"),
      ]);
      await bench.until(() => bench.state.counts.conflict === 2 && bench.state.counts.done === 2);
      expect(bench.state.conflicts).toEqual({ same: 1, other: 1, others: 0 });
      expect(bench.state.phase).toBe("uploading");
      bench.uploader.chooseConflict(choice);
      await bench.until(() => bench.state.phase === "done");
      const fresh = [sourceFile("c"), sourceFile("a/IMG (2).jpg")];
      if (choice === "revision")
        await bench.expectAll([...fresh, sourceFile("a/IMG.jpg", "new"), sourceFile("b", "longer")]);
      else if (choice === "skip") await bench.expectAll(fresh);
      else await bench.expectAll([...fresh, sourceFile("a/IMG (3).jpg", "new"), sourceFile("b (2)", "longer")]);
    }
  });

  it("no choice is asked for where it was made before", async () => {
    const site = new Site(storage);
    site.taken.set("a", 3);
    const bench = new Bench(site, { conflict: "skip" });
    await bench.add([sourceFile("a", "new"), sourceFile("b")]);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.state.counts).toMatchObject({ skipped: 1, done: 1 });
  });
});

describe("pausing", () => {
  it("stops everything, keeps what arrived, and resumes where it was", async () => {
    const bench = new Bench(new Site(storage));
    const files = [large("a.bin", 60), ...tree(60)];
    await bench.add(files);
    await bench.until(() => bench.state.counts.done >= 5 && partsOf(bench) > 1);
    bench.uploader.pause();
    await bench.until(() => bench.busy.posts + bench.busy.parts === 0);
    const { posts, parts } = bench;
    const arrived = partsOf(bench);
    await bench.until(() => bench.state.counts.checking + bench.state.counts.hashing === 0, 5_000);
    expect({ posts: bench.posts, parts: bench.parts }).toEqual({ posts, parts });
    bench.uploader.pauseFile(0);
    bench.uploader.unpause();
    await bench.until(() => bench.state.counts.done + bench.state.counts.present === 60);
    expect(bench.state.phase).toBe("uploading");
    expect(bench.files()[0]).toMatchObject({ state: "paused", known: { multipart: { arrivedParts: arrived } } });
    bench.uploader.unpauseFile(0);
    await bench.until(() => bench.state.phase === "done");
    await bench.expectAll(files);
  });
});
