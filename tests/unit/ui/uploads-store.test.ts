import { expect, it } from "vitest";
import { createUploadsStore, type UploadTarget } from "@/components/upload/store/uploads-store";
import { failure } from "@/lib/uploader/state/failures";
import type { Uploader } from "@/lib/uploader/uploader";
import { filesIn, stateWith, uploaderIn } from "./upload-states";

const reef = { slug: "reef", name: "Reef", uploaderId: "ann" };
const kelp = { slug: "kelp", name: "Kelp", uploaderId: "ann" };
const running = () => uploaderIn(stateWith(filesIn({ posting: 1 })));
const ended = () => uploaderIn(stateWith(filesIn({ done: 1 }), { phase: "done" }));
const detached: Uploader[] = [];
const upload = (collection: UploadTarget, uploader: Uploader) => ({
  collection,
  uploader,
  resumes: null,
  remember: () => undefined,
  detach: () => detached.push(uploader),
});

it("keeps uploads of several collections, and notifies when one is added or removed", () => {
  const store = createUploadsStore();
  let changes = 0;
  const end = store.subscribe(() => {
    changes += 1;
  });
  const first = store.begin(upload(reef, running()));
  store.begin(upload(kelp, running()));
  expect(store.list().map(({ collection }) => collection.slug)).toEqual(["reef", "kelp"]);
  expect(store.list()).toBe(store.list());
  store.dismiss(first.id);
  expect(store.list().map(({ collection }) => collection.slug)).toEqual(["kelp"]);
  expect(changes).toBe(3);
  end();
  store.dismiss(store.list()[0]?.id ?? -1);
  expect(changes).toBe(3);
});

it("adds to the newest upload of the same collection that accepts files", () => {
  const store = createUploadsStore();
  expect(store.taking("reef")).toBeNull();
  const first = store.begin(upload(reef, running()));
  expect(store.taking("reef")).toBe(first);
  expect(store.taking("kelp")).toBeNull();
  store.begin(upload(reef, uploaderIn(stateWith(filesIn({ done: 1 }), { phase: "verifying" }))));
  expect(store.taking("reef")).toBe(first);
});

it("adds no new files to an upload closed elsewhere or one waiting for another tab", () => {
  const store = createUploadsStore();
  const elsewhere = { id: "u", owner: "elsewhere" as const, plannedFiles: null, registeredFiles: 0 };
  const opening = { phase: "opening" as const, resumed: elsewhere };
  const waiting = store.begin(
    upload(reef, uploaderIn(stateWith(filesIn({ queued: 1 }), { ...opening, label: "trip" }))),
  );
  store.begin(upload(reef, uploaderIn(stateWith([], opening))));
  store.begin(upload(reef, uploaderIn(stateWith(filesIn({ ready: 1 }), { halted: failure("closed") }))));
  expect(store.taking("reef")).toBeNull();
  expect(store.taking("reef", "other")).toBeNull();
  expect(store.taking("reef", "trip")).toBe(waiting);
  expect(store.list()).toHaveLength(3);
});

it("detaches dismissed uploads from the page, so that leaving it needs no warning", () => {
  const store = createUploadsStore();
  const uploader = running();
  detached.length = 0;
  store.dismiss(store.begin(upload(reef, uploader)).id);
  expect(detached).toEqual([uploader]);
  detached.length = 0;
});

it("dismisses ended uploads of a collection when the next one starts, not others", () => {
  const store = createUploadsStore();
  const closed = ended();
  store.begin(upload(reef, closed));
  store.begin(upload(kelp, ended()));
  store.begin(upload(reef, running()));
  store.begin(upload(reef, running()));
  expect(closed.calls).toEqual(["dispose"]);
  expect(detached).toEqual([closed]);
  expect(store.list().map(({ collection }) => collection.slug)).toEqual(["kelp", "reef", "reef"]);
});

it("tracks which panels are visible", () => {
  const store = createUploadsStore();
  const { id } = store.begin(upload(reef, running()));
  const before = store.inSight();
  store.see(id, true);
  expect([...store.inSight()]).toEqual([id]);
  expect(store.inSight()).not.toBe(before);
  const seen = store.inSight();
  store.see(id, true);
  expect(store.inSight()).toBe(seen);
  store.see(id, false);
  expect(store.inSight().size).toBe(0);
});

it("resumes an unfinished upload when a folder of its name is added again", () => {
  const store = createUploadsStore();
  const takeBack = store.offer("reef", { uploadId: "u1", label: "survey" });
  expect(store.offerFor("reef", "survey")).toMatchObject({ uploadId: "u1" });
  expect(store.offerFor("reef", "other")).toBeNull();
  expect(store.offerFor("reef", null)).toBeNull();
  expect(store.offerFor("kelp", "survey")).toBeNull();
  takeBack();
  expect(store.offerFor("reef", "survey")).toBeNull();
});
