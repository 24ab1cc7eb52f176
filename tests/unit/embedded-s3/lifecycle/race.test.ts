import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lifecycles } from "@/lib/embedded/s3/lifecycle/lifecycles";
import { parseLifecycle } from "@/lib/embedded/s3/lifecycle/rules";
import type { BucketRecord, ObjectRecord, Versioning } from "@/lib/embedded/s3/store/database/records";
import type { Expired } from "@/lib/embedded/s3/store/expiry";
import { silentLogger } from "@/lib/embedded/s3/store/logger";
import { openStore, type Store } from "@/lib/embedded/s3/store/store";
import { stage } from "../stage";

/*
 * A client's write that waits for the disk while a run looks at what it changes: the write is durable before the run's
 * own transaction begins.
 */

const KEY = "k";
const TEN_DAYS_MS = 10 * 24 * 3600_000;
let folder: string;
let store: Store;
let buckets = 0;
const authorize = () => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "s3-lifecycle-"));
  store = await openStore(folder, { logger: silentLogger });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const expire = "<Expiration><Days>1</Days></Expiration>";
const expireMarkers = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
const expireReplaced = (inner = "") =>
  `<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>${inner}</NoncurrentVersionExpiration>`;
const temporary = "<Tag><Key>temp</Key><Value>yes</Value></Tag>";

class Subject {
  constructor(private readonly name: string) {}

  static async make(action: string, versioning?: Versioning, filter = ""): Promise<Subject> {
    const name = `bucket-${++buckets}`;
    const rule = `<Rule><Status>Enabled</Status><Filter>${filter}</Filter>${action}</Rule>`;
    const lifecycle = parseLifecycle(`<LifecycleConfiguration>${rule}</LifecycleConfiguration>`);
    await store.buckets.create({ name, owner: "root", lifecycle, ...(versioning && { versioning }) });
    return new Subject(name);
  }

  get bucket(): BucketRecord {
    const found = store.buckets.find(this.name);
    if (!found) throw new Error("no bucket");
    return found;
  }

  async put(etag: string, tags?: Record<string, string>): Promise<ObjectRecord> {
    const draft = { sizeBytes: 1, etag, owner: "root", headers: {}, metadata: {}, ...(tags && { tags }) };
    const { bucket } = this;
    return store.objects.put({ bucket, key: KEY, draft, authorize }, await stage(store, "a"));
  }

  remove = () => store.objects.remove(this.bucket, KEY, { authorize });

  /** ETags of the versions there are, newest first; `-` is a delete marker. */
  history(): string[] {
    const query = { prefix: "", delimiter: "", after: "", afterOrder: undefined, limit: 100 };
    const { entries } = store.objects.listVersions(this.bucket, query);
    return entries.map(({ record }) => (record.isDeleteMarker ? "-" : record.etag));
  }

  /** Begins a write, then a run; both are done when it resolves. */
  async meanwhile(write: () => Promise<unknown>): Promise<void> {
    const before = this.history();
    const settled = Promise.all([write(), run()]);
    for (let i = 0; i < 50; i++) await undefined; // enough for the run to have scanned,
    expect(this.history()).toEqual(before); // and nothing is committed yet
    await settled;
  }
}

const run = (publish?: (bucket: BucketRecord, one: Expired) => void) =>
  new Lifecycles(store, publish).run(new Date(Date.now() + TEN_DAYS_MS));

describe("what changed since the scan is kept", () => {
  it("an object that is overwritten", async () => {
    const subject = await Subject.make(expire, undefined, temporary);
    await subject.put("old", { temp: "yes" });
    await subject.meanwhile(() => subject.put("new"));
    expect(subject.history()).toEqual(["new"]);
  });

  it("an object that is tagged otherwise", async () => {
    const subject = await Subject.make(expire, undefined, temporary);
    const old = await subject.put("old", { temp: "yes" });
    await subject.meanwhile(() => store.objects.amend(subject.bucket, KEY, old, { tags: { temp: "no" } }, authorize));
    expect(subject.history()).toEqual(["old"]);
  });

  it("an object that is deleted: no second marker", async () => {
    const subject = await Subject.make(expire, "Enabled");
    await subject.put("old");
    await subject.meanwhile(subject.remove);
    expect(subject.history()).toEqual(["-", "old"]);
  });

  it("a replaced version that is current again", async () => {
    const subject = await Subject.make(expireReplaced(), "Enabled");
    await subject.put("old");
    const { versionId } = await subject.put("new");
    await subject.meanwhile(() => store.objects.removeVersion(subject.bucket, KEY, versionId));
    expect(subject.history()).toEqual(["old"]);
  });

  it("a replaced version that is among the newest now", async () => {
    const subject = await Subject.make(
      expireReplaced("<NewerNoncurrentVersions>1</NewerNoncurrentVersions>"),
      "Enabled",
    );
    await subject.put("kept");
    const { versionId } = await subject.put("deleted");
    await subject.put("current");
    await subject.meanwhile(() => store.objects.removeVersion(subject.bucket, KEY, versionId));
    expect(subject.history()).toEqual(["current", "kept"]);
  });

  it("a delete marker that is followed by an object", async () => {
    const subject = await Subject.make(expireMarkers, "Enabled");
    await subject.remove();
    await subject.meanwhile(() => subject.put("new"));
    expect(subject.history()).toEqual(["new", "-"]);
  });

  it("an object whose bucket has no such rule any more", async () => {
    const subject = await Subject.make(expire);
    await subject.put("old");
    await subject.meanwhile(() => store.buckets.configure(subject.bucket, { lifecycle: undefined }));
    expect(subject.history()).toEqual(["old"]);
  });

  it("an object whose bucket has versions now: it is hidden", async () => {
    const subject = await Subject.make(expire);
    await subject.put("old");
    await subject.meanwhile(() => store.buckets.configure(subject.bucket, { versioning: "Enabled" }));
    expect(subject.history()).toEqual(["-", "old"]);
  });
});

describe("a run", () => {
  it("asked for while another is under way comes after it", async () => {
    const subject = await Subject.make(expire);
    await subject.put("old");
    const lifecycles = new Lifecycles(store);
    const later = new Date(Date.now() + TEN_DAYS_MS);
    const outcomes = await Promise.all([1, 2, 3].map(() => lifecycles.run(later)));
    expect(outcomes.map(({ objectsDeleted }) => objectsDeleted)).toEqual([1, 0, 0]);
  });

  it("continues when a bucket is deleted meanwhile", async () => {
    const [gone, next] = [await Subject.make(expire), await Subject.make(expire)];
    await gone.put("old");
    await next.put("old");
    const emptied = gone.remove();
    const removed = store.buckets.remove(gone.bucket);
    expect(await run()).toMatchObject({ objectsDeleted: 1, isComplete: true });
    await Promise.all([emptied, removed]);
  });

  it("after the store was stopped does nothing, and reports it", async () => {
    const subject = await Subject.make(expire);
    await subject.put("old");
    const lifecycles = new Lifecycles(store);
    await lifecycles.stop();
    expect(await lifecycles.run()).toMatchObject({ objectsDeleted: 0, isComplete: false });
    expect(subject.history()).toEqual(["old"]);
    await run();
  });

  it("publishes each deletion in buckets with notifications", async () => {
    const [quiet, watched] = [
      await Subject.make(expire, "Enabled"),
      await Subject.make(expire + expireReplaced(), "Enabled"),
    ];
    await store.buckets.configure(watched.bucket, { notifications: [] });
    await quiet.put("quiet");
    for (const etag of ["one", "two"]) await watched.put(etag);
    const published: unknown[] = [];
    await run((bucket, { key, record, deletion }) =>
      published.push([bucket.name, key, record.etag, deletion.isDeleteMarker, deletion.versionId === record.versionId]),
    );
    const { name } = watched.bucket;
    expect(published).toEqual([
      [name, KEY, "one", false, true],
      [name, KEY, "two", true, false],
    ]);
  });
});
