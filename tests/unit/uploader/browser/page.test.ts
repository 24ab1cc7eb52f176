import { describe, expect, it } from "vitest";
import { attachToPage } from "@/lib/uploader/browser/page";
import { walkFiles } from "@/lib/uploader/browser/walk";
import { createUploader } from "@/lib/uploader/engine";
import { putByFetch } from "@/lib/uploader/transport/put-fetch";
import type { UploadServer } from "@/lib/uploader/transport/server";
import type { PostOutcome, PostRequest } from "@/lib/uploader/transport/transport";
import { until } from "@/tests/support/until";
import { ManualClock } from "../world/manual-clock";
import { answerOf, openedOf, policyOf, prefix, statusOf } from "../world/world";

/** A page that counts its beforeunload listeners and can call them. */
class Page extends EventTarget {
  readonly navigator = { onLine: true };

  /** Whether the browser would ask before this page is left. */
  get warns(): boolean {
    const leaving = new Event("beforeunload", { cancelable: true });
    this.dispatchEvent(leaving);
    return leaving.defaultPrevented;
  }
}

function setUp() {
  const clock = new ManualClock();
  const posts: { request: PostRequest; answer: (outcome: PostOutcome) => void }[] = [];
  const server: UploadServer = {
    open: async () => openedOf(),
    resume: async () => ({ prefix, policy: policyOf(), status: statusOf("open") }),
    files: async (_, files) => files.map((file) => answerOf(file)),
    parts: async () => ({ urls: {}, expiresAt: "" }),
    complete: async () => undefined,
    renewPolicy: async () => policyOf(),
    seal: async () => undefined,
    abort: async () => undefined,
    status: async () => statusOf("verified"),
  };
  const transport = (request: PostRequest) => new Promise<PostOutcome>((answer) => posts.push({ request, answer }));
  const uploader = createUploader({ server, transport, partTransport: putByFetch, clock, random: () => 0.5 });
  const page = new Page();
  const detach = attachToPage(uploader, page as unknown as Window);
  return { clock, posts, uploader, page, detach };
}

describe("a page with an upload", () => {
  it("warns before it is left while files are in flight, and not before or after", async () => {
    const { uploader, page, posts, clock } = setUp();
    expect(page.warns).toBe(false);
    await uploader.add(walkFiles([new File(["x"], "a")]));
    await until(() => expect(posts).toHaveLength(1));
    expect(page.warns).toBe(true);
    posts[0]?.answer({ failure: null });
    await until(() => {
      clock.advance(100);
      expect(uploader.getSnapshot().phase).toBe("done");
    });
    expect(page.warns).toBe(false);
  });

  it("continues when a subscriber throws", async () => {
    const { uploader, posts } = setUp();
    const unsubscribe = uploader.subscribe(() => {
      throw new Error("a fault of the page");
    });
    await uploader.add(walkFiles([new File(["x"], "a")])).catch(() => undefined);
    expect(() => uploader.setOnline(false)).not.toThrow();
    unsubscribe();
    uploader.setOnline(true);
    await until(() => expect(posts).toHaveLength(1));
  });

  it("reports the network to the uploader, and nothing once detached", async () => {
    const { uploader, page, clock, detach } = setUp();
    page.dispatchEvent(new Event("offline"));
    clock.advance(100);
    expect(uploader.getSnapshot().online).toBe(false);
    page.dispatchEvent(new Event("online"));
    clock.advance(100);
    expect(uploader.getSnapshot().online).toBe(true);
    detach();
    page.dispatchEvent(new Event("offline"));
    clock.advance(100);
    expect(uploader.getSnapshot().online).toBe(true);
  });
});

describe("subscribers", () => {
  it("hear of many events at once, of turning points immediately, and of nothing after the end", async () => {
    const { uploader, posts, clock } = setUp();
    let heard = 0;
    uploader.subscribe(() => {
      heard += 1;
    });
    await uploader.add(walkFiles([new File(["0123456789"], "a")]));
    await until(() => expect(posts).toHaveLength(1));
    const atStart = heard;
    expect(uploader.getSnapshot().phase).toBe("uploading");
    for (let sent = 1; sent <= 9; sent += 1) posts[0]?.request.onProgress(sent);
    expect(heard).toBe(atStart);
    expect(uploader.getSnapshot().bytes.sent).toBe(0);
    clock.advance(100);
    expect(heard).toBe(atStart + 1);
    expect(uploader.getSnapshot().bytes.sent).toBe(9);
    expect(uploader.getSnapshot()).toBe(uploader.getSnapshot());
    uploader.dispose();
    expect(posts[0]?.request.signal.aborted).toBe(true);
    uploader.cancelAll();
    expect(heard).toBe(atStart + 1);
    expect(clock.pending).toBe(0);
  });

  it("aborts the post of a canceled file and frees its place", async () => {
    const { uploader, posts } = setUp();
    await uploader.add(walkFiles(Array.from({ length: 7 }, (_, index) => new File(["x"], `f${index}`))));
    await until(() => expect(posts).toHaveLength(6));
    uploader.cancelFile(0);
    expect(posts[0]?.request.signal.aborted).toBe(true);
    expect(posts).toHaveLength(7);
  });

  it("get an error once the upload is finished", async () => {
    const { uploader } = setUp();
    await uploader.add(walkFiles([new File(["x"], "a")]));
    uploader.cancelAll();
    await expect(uploader.add(walkFiles([new File(["x"], "b")]))).rejects.toMatchObject({ code: "CONFLICT" });
  });
});
