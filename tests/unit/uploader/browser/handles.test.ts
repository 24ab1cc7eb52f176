import { describe, expect, it, vi } from "vitest";
import type { FileToSend } from "@/lib/upload/schema";
import { Handles } from "@/lib/uploader/browser/handles";
import type { FoundFile } from "@/lib/uploader/browser/walk";
import { messageOf } from "@/lib/uploader/state/failure-messages";
import { failure } from "@/lib/uploader/state/failures";
import { answerOf, World } from "../world/world";

function found(path: string, text = "x", lastModified = 5, type = "image/png"): FoundFile {
  return { path, source: { file: new File([text], path, { lastModified, type }) } };
}

function tooLarge(path: string): FoundFile {
  const large = found(path);
  Object.defineProperty(large.source.file, "size", { value: 5 * 1024 ** 4 + 1 });
  return large;
}

/** One drop after the other into one upload. */
class Drops {
  readonly world = new World();
  readonly handles = new Handles();

  drop(...batches: FoundFile[][]): void {
    const walk = this.handles.startWalk();
    this.world.send({ type: "walkStarted" });
    for (const files of batches)
      for (const event of this.handles.take(walk, { files, system: 0, unreadable: [] }, this.world.state.files))
        this.world.send(event);
    this.world.send({ type: "walkEnded" });
  }

  get rows(): [path: string, state: string, why: string | undefined][] {
    return this.world.files().map(({ id, path, state }) => [path, state, this.world.failure(id)?.code]);
  }
}

it("a name that is not in NFC is registered in NFC, with what it is on the disk unless it was renamed", () => {
  const drops = new Drops();
  const { world } = drops;
  const sent: FileToSend[] = [];
  world.answer = (file) => {
    sent.push(file);
    return { ...answerOf(file), ...(file.path === "Am\u00e9lie.png" && { exists: "other" as const }) };
  };
  drops.drop([found("Ame\u0301lie.png"), found("plain.png")]);
  world.open();
  expect(sent.find(({ path }) => path === "Am\u00e9lie.png")?.sentAs).toBe("Ame\u0301lie.png");
  expect(sent.find(({ path }) => path === "plain.png")).not.toHaveProperty("sentAs");
  world.send({ type: "conflictChosen", choice: "both" });
  expect(world.take("rename")).toEqual([{ type: "rename", fileId: 0, foundAs: "Am\u00e9lie.png" }]);
  world.send({ type: "renamed", fileId: 0, path: "Am\u00e9lie (2).png" });
  expect(sent.at(-1)).toMatchObject({ path: "Am\u00e9lie (2).png" });
  expect(sent.at(-1)).not.toHaveProperty("sentAs");
});

describe("what was read of a file", () => {
  const bytes = new Uint8Array([120]);

  it("is not used when it was read a while ago: the file is read again", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { handles, ...drops } = new Drops();
    const batch = { files: [found("a")], system: 0, unreadable: [] };
    handles.take(handles.startWalk(), batch, drops.world.state.files);
    handles.keepBytes(0, bytes);
    vi.advanceTimersByTime(9_000);
    expect(handles.takeBytes(0)).toEqual(bytes);
    handles.keepBytes(0, bytes);
    vi.advanceTimersByTime(11_000);
    expect(handles.takeBytes(0)).toBeNull();
    vi.useRealTimers();
  });

  it("is used once, and not when the file was released, dropped again or changed on the disk", async () => {
    const { handles, ...drops } = new Drops();
    const walk = handles.startWalk();
    let onDisk = new File(["x"], "a", { lastModified: 5 });
    const source = { file: onDisk, fresh: async () => onDisk };
    const take = () =>
      handles.take(walk, { files: [{ path: "a", source }], system: 0, unreadable: [] }, drops.world.state.files);
    take();
    handles.keepBytes(0, bytes);
    expect([handles.takeBytes(0), handles.takeBytes(0)]).toEqual([bytes, null]);
    handles.keepBytes(0, bytes);
    await handles.recheck(0);
    expect(handles.takeBytes(0)).toEqual(bytes);
    handles.keepBytes(0, bytes);
    onDisk = new File(["y"], "a", { lastModified: 6 });
    await handles.recheck(0);
    expect(handles.takeBytes(0)).toBeNull();
    handles.keepBytes(0, bytes);
    handles.release(0);
    expect(handles.takeBytes(0)).toBeNull();
    // The file is gone: what is read of it late is not kept.
    handles.keepBytes(0, bytes);
    expect(handles.takeBytes(0)).toBeNull();
  });
});

describe("files before they are sent", () => {
  it("are refused one by one, with the reason, and nothing else stops", () => {
    const drops = new Drops();
    drops.drop([
      found(""),
      found("a/../b.jpg"),
      found(`${"ä".repeat(300)}.jpg`),
      found("tab\there.jpg"),
      found("innocent\u202egpj.exe"),
      found("lone\ud800.jpg"),
      found("/lead.jpg"),
      tooLarge("big.tif"),
      found("fine.jpg"),
      found("empty.jpg", ""),
    ]);
    expect(drops.rows.map(([, state, why]) => why ?? state)).toEqual([
      "bad-path",
      "bad-path",
      "bad-path",
      "bad-path",
      "bad-path",
      "bad-path",
      "bad-path",
      "too-large",
      "queued",
      "queued",
    ]);
    expect(drops.world.failure(2)?.detail).toMatch(/604 bytes long; at most 512/);
    expect(messageOf(failure("too-large")).title).toMatch(/5 TiB/);
  });

  it("keep their odd names: emoji, right-to-left, differing in case, the same name in two folders", () => {
    const names = [
      "🪸🐠.jpg",
      "שונית/צילום.jpg",
      "مرجان.jpg",
      "IMG.JPG",
      "img.jpg",
      "one/same.jpg",
      "two/same.jpg",
      `$\{filename}`,
    ];
    const drops = new Drops();
    drops.drop(names.map((name) => found(name)));
    expect(drops.rows).toEqual(names.map((name) => [name, "queued", undefined]));
  });

  it("are the same path when composed and decomposed: the second of one drop is refused", () => {
    const drops = new Drops();
    drops.drop([found("caf\u0065\u0301.jpg")], [found("caf\u00e9.jpg", "other")], [found("caf\u00e9.jpg")]);
    expect(drops.rows).toEqual([
      ["café.jpg", "queued", undefined],
      ["café.jpg", "refused", "duplicate"],
      ["café.jpg", "refused", "duplicate"],
    ]);
    expect(drops.world.file(0).path).toBe("caf\u00e9.jpg");
  });

  it("say octet-stream where the browser gives no media type", () => {
    const drops = new Drops();
    drops.drop([found("a", "x", 1, ""), found("b", "x", 1, "image/webp"), found("c", "x", 1, "text/html; charset=x")]);
    const types = drops.world.files().map((file) => file.contentType);
    expect(types).toEqual(["application/octet-stream", "image/webp", "application/octet-stream"]);
  });
});

describe("a folder dropped again", () => {
  it("adds nothing that is there already, only counts it", () => {
    const drops = new Drops();
    drops.drop([found("a"), found("b")]);
    drops.drop([found("a"), found("b"), found("c")]);
    expect(drops.rows.map(([path]) => path)).toEqual(["a", "b", "c"]);
    expect(drops.world.state.leftOut.twice).toBe(2);
  });

  it("brings new bytes for what failed or was canceled or was refused, in its old place", async () => {
    const drops = new Drops();
    drops.drop([found("a"), found("b"), tooLarge("c")]);
    drops.world.open();
    drops.world.send({ type: "fileCanceled", fileId: 0 });
    drops.world.send({ type: "changed", fileId: 1, run: 1, onDisk: null });
    drops.drop([found("a", "longer"), found("b", "longer"), found("c", "longer")]);
    expect(drops.world.files().map(({ state, sizeBytes }) => [state, sizeBytes])).toEqual([
      ["posting", 6],
      ["posting", 6],
      ["posting", 6],
    ]);
    expect(await drops.handles.fileOf(1)?.text()).toBe("longer");
  });

  it("does not replace what is being sent by other bytes", () => {
    const drops = new Drops();
    drops.drop([found("a")]);
    drops.drop([found("a", "other")]);
    expect(drops.rows).toEqual([
      ["a", "queued", undefined],
      ["a", "refused", "duplicate"],
    ]);
  });
});

describe("looking at the disk", () => {
  it("finds a changed file, keeps it for the next try, and says when there is none", async () => {
    const handles = new Handles();
    const walk = handles.startWalk();
    const { files } = new World().state;
    let now = new File(["one"], "a", { lastModified: 1 });
    const gone = new File(["x"], "b");
    gone.slice = () => {
      throw new DOMException("changed", "NotReadableError");
    };
    const batch = [
      { path: "a", source: { file: now, fresh: async () => now } },
      { path: "b", source: { file: gone } },
      { path: "c", source: { file: new File(["ccc"], "c", { lastModified: 3 }) } },
    ];
    handles.take(walk, { files: batch, system: 0, unreadable: [] }, files);
    expect(await handles.recheck(0)).toEqual({ sizeBytes: 3, lastModified: 1 });
    now = new File(["three"], "a", { lastModified: 2 });
    expect(await handles.recheck(0)).toEqual({ sizeBytes: 5, lastModified: 2 });
    expect(handles.fileOf(0)).toBe(now);
    expect(await handles.recheck(1)).toBeNull();
    expect(await handles.recheck(1, { read: false })).toMatchObject({ sizeBytes: 1 });
    expect(await handles.recheck(2)).toEqual({ sizeBytes: 3, lastModified: 3 });
    handles.release(2);
    expect(await handles.recheck(2)).toBeNull();
  });
});
