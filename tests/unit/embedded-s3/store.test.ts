import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Database } from "@/lib/embedded/s3/store/database/database";
import type { BucketRecord, ObjectRecord, Versioning } from "@/lib/embedded/s3/store/database/records";
import { DiskSpace } from "@/lib/embedded/s3/store/disk/space";
import { silentLogger } from "@/lib/embedded/s3/store/logger";
import { openStore, type Store } from "@/lib/embedded/s3/store/store";
import type { ListQuery } from "@/lib/embedded/s3/store/versions/listing";
import { stage } from "./stage";

let folder: string;
let store: Store;
let buckets = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "s3-store-"));
  store = await openStore(folder, { logger: silentLogger });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const authorize = () => undefined;

async function newBucket(): Promise<BucketRecord> {
  const name = `bucket-${++buckets}`;
  await store.buckets.create({ name, owner: "root" });
  return current(name);
}

function current(name: string): BucketRecord {
  const bucket = store.buckets.find(name);
  if (!bucket) throw new Error(`no bucket ${name}`);
  return bucket;
}

async function put(bucket: BucketRecord, key: string, text = key): Promise<string> {
  const draft = { sizeBytes: text.length, etag: text, owner: "root", headers: {}, metadata: {} };
  return (await store.objects.put({ bucket, key, draft, authorize }, await stage(store, text))).versionId;
}

const byUtf8 = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const oddKeys = [
  "a",
  "a/",
  "a/b",
  "a//b",
  "a0",
  "A",
  "case",
  "CASE",
  "é",
  "z",
  "～",
  "😀",
  "😀/x",
  "\uffee",
  "a b",
  "a%2Fb",
  "\u0001",
  "a\u0001",
];
const page = (bucket: BucketRecord, query: Partial<ListQuery>) =>
  store.objects.list(bucket, { prefix: "", delimiter: "", after: "", limit: 1000, ...query });

describe("a change that waits behind another's", () => {
  const refused = new Error("refused");
  /** Lets through changes of the version `etag` alone. */
  const only = (etag: string | undefined) => (found: ObjectRecord | undefined) => {
    if (found?.etag !== etag) throw refused;
  };
  const draft = { sizeBytes: 3, etag: "own", owner: "guest", headers: {}, metadata: {} };

  it.each<[string, (bucket: BucketRecord, source: ObjectRecord) => Promise<unknown>]>([
    ["a deletion", (bucket) => store.objects.remove(bucket, "k", { authorize: only("old") })],
    ["a copy", (bucket, source) => store.objects.copy({ bucket, key: "k", draft, authorize: only("old") }, source)],
    ["new tags", (bucket, source) => store.objects.amend(bucket, "k", source, { tags: {} }, only("old"))],
  ])("is authorized by what that one left: %s", async (_, change) => {
    const bucket = await newBucket();
    await put(bucket, "k", "old");
    const source = store.objects.find(bucket, "k");
    if (!source) throw new Error("no object");
    const data = await stage(store, "new");
    const write = { bucket, key: "k", draft: { ...draft, etag: "new", owner: "root" }, authorize };
    const [, outcome] = await Promise.allSettled([store.objects.put(write, data), change(bucket, source)]);
    expect(outcome).toEqual({ status: "rejected", reason: refused });
    expect(store.objects.find(bucket, "k")).toMatchObject({ etag: "new", owner: "root" });
    await put(bucket, "k", "old");
    const again = store.objects.find(bucket, "k") ?? source;
    await expect(change(bucket, again)).resolves.not.toThrow();
  });
});

describe("listing", () => {
  it("is in the order of UTF-8 bytes, which is not JavaScript's", async () => {
    const bucket = await newBucket();
    for (const key of [...oddKeys].sort().reverse()) await put(bucket, key);
    const listed = page(bucket, {}).entries.map((entry) => entry.key);
    expect(listed).toEqual([...oddKeys].sort(byUtf8));
    expect(listed).not.toEqual([...oddKeys].sort());
  });

  it("pages of any size give what one page gives, with and without delimiter, and never another bucket's keys", async () => {
    const [bucket, neighbour] = [await newBucket(), await newBucket()];
    await put(neighbour, "zzz");
    const key = fc
      .array(fc.constantFrom("a", "b", "/", "é", "😀"), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("", "a", "a/"),
        fc.constantFrom("", "/", "é"),
        async (keys, limit, prefix, delimiter) => {
          const fresh = await newBucket();
          for (const one of keys) await put(fresh, one);
          const matching = keys.filter((one) => one.startsWith(prefix));
          const folded = matching.map((one) => {
            const at = delimiter ? one.indexOf(delimiter, prefix.length) : -1;
            return at < 0 ? one : one.slice(0, at + delimiter.length);
          });
          const isCommon = (one: string) => delimiter !== "" && one.slice(prefix.length).endsWith(delimiter);
          const got: string[] = [];
          for (let after = "", more = true; more; ) {
            const listed = page(fresh, { prefix, delimiter, after, limit });
            expect(listed.entries.length + listed.commonPrefixes.length).toBeLessThanOrEqual(limit);
            expect(listed.commonPrefixes.every(isCommon)).toBe(true);
            got.push(...[...listed.entries.map((entry) => entry.key), ...listed.commonPrefixes].sort(byUtf8));
            [after, more] = [listed.last ?? "", listed.isTruncated];
          }
          expect(got).toEqual([...new Set(folded)].sort(byUtf8));
        },
      ),
      { numRuns: 60 },
    );
    expect(page(bucket, {}).entries).toEqual([]);
  });
});

/** What S3 says of one key's versions, newest first. */
interface Model {
  versioning: Versioning | undefined;
  versions: { id: string; text: string | undefined }[];
}

type Step = { readonly do: "put" | "delete" | "drop" | "enable" | "suspend"; readonly which: number };

describe("versions", () => {
  it("any history of one key is what S3's rules say", async () => {
    const step = fc.record({
      do: fc.constantFrom("put", "put", "delete", "drop", "enable", "suspend"),
      which: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step as fc.Arbitrary<Step>, { maxLength: 14 }), async (steps) => {
        const { name } = await newBucket();
        const model: Model = { versioning: undefined, versions: [] };
        await put(current(name), "k\u0001", "neighbour");
        for (const [i, one] of steps.entries()) {
          await apply(name, model, one, `text ${i}`);
          compare(name, model);
        }
      }),
      { numRuns: 120 },
    );
  });

  async function apply(name: string, model: Model, step: Step, text: string): Promise<void> {
    const bucket = current(name);
    if (step.do === "enable" || step.do === "suspend") {
      model.versioning = step.do === "enable" ? "Enabled" : "Suspended";
      await store.buckets.configure(bucket, { versioning: model.versioning });
      return;
    }
    if (step.do === "drop") {
      const victim = model.versions[step.which];
      if (!victim) return;
      await store.objects.removeVersion(bucket, "k", victim.id);
      model.versions.splice(step.which, 1);
      return;
    }
    if (model.versioning !== "Enabled") model.versions = model.versions.filter((version) => version.id !== "null");
    if (step.do === "put") model.versions.unshift({ id: await put(bucket, "k", text), text });
    else {
      const { versionId } = await store.objects.remove(bucket, "k", { authorize });
      if (versionId !== undefined) model.versions.unshift({ id: versionId, text: undefined });
    }
  }

  function compare(name: string, model: Model): void {
    const bucket = current(name);
    const newest = model.versions[0];
    const found = store.objects.find(bucket, "k");
    expect(found?.isDeleteMarker ? undefined : found?.etag).toBe(newest?.text);
    expect(page(bucket, {}).entries.map((entry) => entry.key)).toEqual(
      newest?.text === undefined ? ["k\u0001"] : ["k", "k\u0001"],
    );
    const all: { id: string; text: string | undefined; latest: boolean }[] = [];
    let query = { prefix: "", delimiter: "", after: "", limit: 2, afterOrder: undefined as number | undefined };
    for (let more = true; more; ) {
      const listed = store.objects.listVersions(bucket, query);
      all.push(
        ...listed.entries
          .filter(({ key }) => key === "k")
          .map(({ record, isLatest }) => ({
            id: record.versionId,
            text: record.isDeleteMarker ? undefined : record.etag,
            latest: isLatest,
          })),
      );
      query = { ...query, after: listed.last ?? "", afterOrder: listed.entries.at(-1)?.record.order };
      more = listed.isTruncated;
    }
    expect(all).toEqual(model.versions.map((version, i) => ({ ...version, latest: i === 0 })));
    for (const version of model.versions) {
      const record = store.objects.find(bucket, "k", version.id);
      expect(record?.isDeleteMarker ? undefined : record?.etag).toBe(version.text);
    }
  }

  it("nothing is left in the database of what was deleted permanently", async () => {
    const { name } = await newBucket();
    const before = await rows();
    await put(current(name), "k", "unversioned");
    await store.buckets.configure(current(name), { versioning: "Enabled" });
    const ids = [await put(current(name), "k", "1"), await put(current(name), "k", "2"), "null"];
    const marker = await store.objects.remove(current(name), "k", { authorize });
    for (const id of [...ids, marker.versionId ?? ""]) await store.objects.removeVersion(current(name), "k", id);
    expect(await rows()).toEqual(before);
  });

  /** Counts the rows of tables, which are private to the store while it runs. */
  async function rows(): Promise<number[]> {
    await store.close();
    const database = new Database(join(folder, "meta"), new DiskSpace(folder));
    const { inline, versions, nulls, references } = database;
    const counts = [inline, versions, nulls, references].map((table) => table.getCount());
    await database.close();
    store = await openStore(folder, { logger: silentLogger });
    return counts;
  }
});

describe("a folder", () => {
  it("is one store's at a time", async () => {
    await expect(openStore(folder, { logger: silentLogger })).rejects.toThrow(/in use/);
  });
});
