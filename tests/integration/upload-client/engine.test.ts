import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createUploader, type Uploader } from "@/lib/upload/client/engine";
import { postByFetch } from "@/lib/upload/client/post-fetch";
import type { UploadFile } from "@/lib/upload/client/state";
import type { Transport } from "@/lib/upload/client/transport";
import { itemsOf } from "@/lib/upload/client/vector";
import type { FileSource } from "@/lib/upload/client/walk";
import { wordsOf } from "@/lib/upload/client/words";
import { ManualClock } from "../../unit/upload-client/manual-clock";
import { Site, Storage } from "./storage";

let storage: Storage;
beforeAll(async () => {
  storage = await Storage.start();
});
afterAll(() => storage.end());

type Named = { path: string; source: FileSource };

function named(path: string, text = `the bytes of ${path}`): Named {
  return { path, source: { file: new File([text], path.split("/").at(-1) ?? "", { lastModified: 1 }) } };
}

function tree(count: number): Named[] {
  return Array.from({ length: count }, (_, index) => named(`reef/site-${index % 7}/IMG_${index}.jpg`));
}

async function* inBatches(files: Named[]) {
  for (let start = 0; start < files.length; start += 100)
    yield { files: files.slice(start, start + 100), system: 0, unreadable: [] };
}

/** An uploader whose waiting is done by hand: time passes only while `until` looks. */
class Bench {
  readonly clock = new ManualClock();
  readonly site = new Site(storage);
  readonly uploader: Uploader;
  posts = 0;

  constructor({ transport = postByFetch }: { transport?: Transport } = {}) {
    this.uploader = createUploader({
      server: this.site,
      transport: (request) => {
        this.posts += 1;
        return transport(request);
      },
      clock: this.clock,
      random: () => 0.5,
      gatherMs: 0,
    });
  }

  add(files: Named[]): Promise<void> {
    return this.uploader.add(inBatches(files));
  }

  get state() {
    return this.uploader.getSnapshot();
  }

  files(): UploadFile[] {
    return [...itemsOf(this.state.files)];
  }

  async until(reached: () => boolean, stepMs = 0): Promise<void> {
    await vi.waitFor(
      () => {
        this.clock.advance(stepMs);
        if (!reached()) throw new Error(`still ${this.state.phase} ${JSON.stringify(this.state.counts)}`);
      },
      { timeout: 15_000, interval: 5 },
    );
  }

  /** Every file is there with its own bytes. */
  async expectAll(files: Named[]): Promise<void> {
    const arrived = await storage.arrived(this.site.prefix);
    expect([...arrived.files.keys()].sort()).toEqual(files.map(({ path }) => path.normalize("NFC")).sort());
    for (const { path, source } of files) {
      const md5 = createHash("md5")
        .update(await source.file.bytes())
        .digest("hex");
      expect(arrived.files.get(path.normalize("NFC"))?.etag, path).toBe(md5);
    }
  }
}

describe("an upload to the real store", () => {
  it("brings 200 files there, each under its own path, and is verified", async () => {
    const bench = new Bench();
    const files = tree(200);
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.posts).toBe(200);
    expect(bench.site.calls).toEqual(["open", "seal"]);
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
      "back\\slash",
      "$" + "{filename}",
      "x/$" + "{filename}.jpg",
      " space ",
      "…",
    ];
    const bench = new Bench();
    const files = paths.map((path) => named(path));
    await bench.add(files);
    await bench.until(() => bench.state.phase === "done");
    await bench.expectAll(files);
  });
});

describe("trouble on the way", () => {
  it("waits while the store is away and sends the rest when it is back on its port", async () => {
    const bench = new Bench();
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
  }, 60_000);

  it("renews a policy that ran out while the uploader's clock stood still", async () => {
    let gate: Promise<void> = Promise.resolve();
    const bench = new Bench({ transport: async (request) => gate.then(() => postByFetch(request)) });
    let granted = 0;
    bench.site.grant = () => storage.policy(bench.site.prefix, { seconds: granted++ === 0 ? 2 : 900 });
    const files = tree(60);
    await bench.add(files);
    await bench.until(() => bench.state.counts.done >= 10);
    const expiresAt = Date.parse(bench.state.policy?.expiresAt ?? "");
    gate = vi.waitUntil(() => Date.now() > expiresAt, { timeout: 5_000 }).then(() => undefined);
    await bench.until(() => bench.state.phase === "done");
    expect(bench.site.calls).toEqual(["open", "renew", "seal"]);
    expect(bench.posts).toBeLessThanOrEqual(60 + 6);
    await bench.expectAll(files);
  });

  it("stops with clear words at a forged policy, keeps every file, and goes on with a good one", async () => {
    const bench = new Bench();
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
    expect(bench.site.calls).toEqual(["open", "renew"]);
    expect(bench.state.halted && wordsOf(bench.state.halted).title).toMatch(/does not accept the permission/);
    await bench.until(() => bench.state.counts.queued === 30);
    expect((await storage.arrived(bench.site.prefix)).versions).toBe(0);
    bench.site.grant = good;
    bench.uploader.tryAgain();
    await bench.until(() => bench.state.phase === "done");
    await bench.expectAll(files);
  });

  it("refuses a file beyond the policy's size alone, and finishes without it when told", async () => {
    const bench = new Bench();
    bench.site.grant = () => storage.policy(bench.site.prefix, { maxBytes: 100 });
    const small = tree(10);
    await bench.add([...small, named("large.jpg", "x".repeat(500))]);
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
    const bench = new Bench({
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

  it("tells the site when everything is canceled, and leaves no timer behind", async () => {
    const bench = new Bench();
    await bench.add(tree(100));
    await bench.until(() => bench.state.counts.done > 0);
    bench.uploader.cancelAll();
    await bench.until(() => bench.site.calls.includes("abort"));
    expect(bench.state.phase).toBe("aborted");
    bench.uploader.dispose();
    expect(bench.clock.pending).toBe(0);
  });
});
