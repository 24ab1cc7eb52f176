import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { messageOf } from "@/lib/uploader/state/failure-messages";
import { postByFetch } from "@/lib/uploader/transport/post-fetch";
import { boundMs } from "@/tests/support/until";
import { Bench, sourceFile, tree } from "./bench";
import { Site } from "./site";
import { Storage } from "./storage";

let storage: Storage;
beforeAll(async () => {
  storage = await Storage.start();
});
afterAll(() => storage.end());

describe("an upload to the real store", () => {
  it("brings 200 files there, each under its own path, and is verified", async () => {
    const bench = new Bench(new Site(storage));
    const files = tree(200);
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.posts).toBe(200);
    expect(bench.site.calls.filter((call) => call !== "files")).toEqual(["open", "seal"]);
    expect(bench.site.calls.filter((call) => call === "files").length).toBeLessThanOrEqual(4);
    await bench.expectAll(files);
  });

  it("keeps odd names to the letter", async () => {
    const paths = [
      "🪸/🐠.jpg",
      "שונית/צילום.jpg",
      "IMG.JPG",
      "img.jpg",
      "a b+c&d;e=f.jpg",
      'quo"te.jpg',
      "per%20cent%",
      "caf\u0065\u0301",
      "*?<>|:",
      "$" + "{filename}",
      "x/$" + "{filename}.jpg",
      " space",
      "…",
    ];
    const bench = new Bench(new Site(storage));
    const files = paths.map((path) => sourceFile(path));
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done");
    await bench.expectAll(files);
  });
});

describe("trouble on the way", () => {
  it("waits while the store is down and sends the rest when it is back on its port", async () => {
    const bench = new Bench(new Site(storage));
    const files = tree(200);
    await bench.add(files);
    await bench.until(() => bench.state.counts.done >= 40);
    await storage.goAway();
    await bench.until(() => bench.state.outage !== null);
    const posts = bench.posts;
    // Two minutes of the uploader's time: a probe now and then, no storm.
    for (let seconds = 0; seconds < 120; seconds += 5) {
      bench.clock.advance(5_000);
      await bench.until(() => bench.state.counts.posting === 0);
    }
    expect(bench.posts - posts).toBeGreaterThan(3);
    expect(bench.posts - posts).toBeLessThan(40);
    expect(bench.state).toMatchObject({ phase: "uploading", halted: null, counts: { failed: 0 } });
    await storage.comeBack();
    await bench.until(() => bench.state.phase === "done", 1_000);
    await bench.expectAll(files);
  });

  it("renews a policy that expired while the uploader's clock stood still", async () => {
    let gate: Promise<void> = Promise.resolve();
    const bench = new Bench(new Site(storage), { transport: async (request) => gate.then(() => postByFetch(request)) });
    let granted = 0;
    bench.site.grant = () => storage.policy(bench.site.prefix, { seconds: granted++ === 0 ? 2 : 900 });
    const files = tree(60);
    await bench.add(files);
    await bench.until(() => bench.state.counts.done >= 10);
    const expiresAt = Date.parse(bench.state.policy?.expiresAt ?? "");
    gate = vi.waitUntil(() => Date.now() > expiresAt, { timeout: boundMs }).then(() => undefined);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.site.calls.filter((call) => call !== "files")).toEqual(["open", "renew", "seal"]);
    expect(bench.posts).toBeLessThanOrEqual(60 + 6);
    await bench.expectAll(files);
  });

  it("halts with a clear message at a forged policy, keeps every file, and resumes with a good one", async () => {
    const bench = new Bench(new Site(storage));
    const good = bench.site.grant;
    bench.site.grant = async () => {
      const policy = await good();
      const signature = policy.fields["X-Amz-Signature"] ?? "";
      const forged = signature.replace(/^./, (first) => (first === "0" ? "1" : "0"));
      return { ...policy, fields: { ...policy.fields, "X-Amz-Signature": forged } };
    };
    const files = tree(30);
    await bench.add(files);
    await bench.until(() => bench.state.halted !== null);
    expect(bench.site.calls).toEqual(["open", "files", "files", "renew"]);
    expect(bench.state.halted && messageOf(bench.state.halted).title).toMatch(/does not accept your upload permission/);
    await bench.until(() => bench.state.counts.ready === 30);
    expect((await storage.arrived(bench.site.prefix)).versions).toBe(0);
    bench.site.grant = good;
    bench.uploader.tryAgain();
    await bench.until(() => bench.state.phase === "done");
    await bench.expectAll(files);
  });

  it("refuses a file beyond the policy's size alone, and finishes without it when the person says so", async () => {
    const bench = new Bench(new Site(storage));
    bench.site.grant = () => storage.policy(bench.site.prefix, { maxBytes: 100 });
    const small = tree(10);
    await bench.add([...small, sourceFile("large.jpg", "x".repeat(500))]);
    await bench.until(() => bench.state.counts.failed === 1 && bench.state.counts.done === 10);
    expect(bench.files().at(-1)).toMatchObject({ state: "failed", failure: { code: "too-large" } });
    expect(bench.state.phase).toBe("uploading");
    bench.uploader.finish();
    await bench.until(() => bench.state.phase === "done");
    await bench.expectAll(small);
  });

  it("sends a file again that changed while it was on its way: the last bytes win", async () => {
    const before = new File(["old bytes"], "log.txt", { lastModified: 1 });
    const after = new File(["new bytes, and more"], "log.txt", { lastModified: 2 });
    let onDisk = before;
    const bench = new Bench(new Site(storage), {
      transport: async (request) => {
        const outcome = await postByFetch(request);
        onDisk = after;
        return outcome;
      },
    });
    await bench.add([{ path: "log.txt", source: { file: before, fresh: async () => onDisk } }]);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.posts).toBe(2);
    await bench.expectAll([{ path: "log.txt", source: { file: after } }]);
  });

  it("sends small files from memory, as they were hashed, and reads one again only for another try", async () => {
    const files = [...tree(40), sourceFile("broken", "sent twice")];
    const inMemory = new Map<string, boolean[]>();
    let mostHeld = 0;
    const held = new Set<string>();
    const bench = new Bench(new Site(storage), {
      transport: async (request) => {
        const path = request.key.slice(bench.site.prefix.length);
        inMemory.set(path, [...(inMemory.get(path) ?? []), request.bytes !== null]);
        if (request.bytes) expect(request.bytes).toEqual(await request.file.bytes());
        held.add(path);
        mostHeld = Math.max(mostHeld, held.size);
        const first = inMemory.get(path)?.length === 1;
        const outcome =
          path === "broken" && first ? { failure: { kind: "network" as const } } : await postByFetch(request);
        held.delete(path);
        return outcome;
      },
    });
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done", 500);
    for (const [path, tries] of inMemory) expect(tries, path).toEqual(path === "broken" ? [true, false] : [true]);
    expect(mostHeld).toBeLessThanOrEqual(6);
    await bench.expectAll(files);
  });

  it("aborts on the site when everything is canceled, and leaves no timer behind", async () => {
    const bench = new Bench(new Site(storage));
    await bench.add(tree(100));
    await bench.until(() => bench.state.counts.done > 0);
    bench.uploader.cancelAll();
    await bench.until(() => bench.site.calls.includes("abort"));
    expect(bench.state.phase).toBe("aborted");
    bench.uploader.dispose();
    expect(bench.clock.pending).toBe(0);
  });
});
