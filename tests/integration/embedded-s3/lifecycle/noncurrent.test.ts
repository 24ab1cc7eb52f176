import * as sdk from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { storeForFile } from "../conformance/fixture";
import { aged, almostAged, lifecycleBucket } from "./lifecycle-bucket";

const store = storeForFile();
const replaced = (NoncurrentDays: number, NewerNoncurrentVersions?: number) => ({
  NoncurrentVersionExpiration: { NoncurrentDays, NewerNoncurrentVersions },
});

describe("replaced versions", () => {
  const { bucket, setRules, remove, history } = lifecycleBucket(store, "versioned", "Enabled");
  const putAll = async (key: string, ...bodies: string[]) => {
    const ids: string[] = [];
    for (const body of bodies) ids.push((await bucket.put(key, body)).VersionId ?? "");
    return ids;
  };

  it("are deleted permanently at the midnight after their days, the current one stays", async () => {
    await setRules({ ...replaced(3), Filter: { Prefix: "a/" } });
    for (const key of ["a/1", "b/1"]) await putAll(key, "one", "two", "three");
    expect(await store.runLifecycle(almostAged(3))).toMatchObject({ noncurrentVersionsDeleted: 0 });
    expect(await store.runLifecycle(aged(3))).toMatchObject({ noncurrentVersionsDeleted: 2, objectsDeleted: 0 });
    expect(await history("a/")).toEqual(["a/1 three *"]);
    expect(await history("b/")).toHaveLength(3);
  });

  it("but for as many of the newest ones as the rule keeps", async () => {
    await setRules({ ...replaced(1, 2), Filter: { Prefix: "kept" } });
    await putAll("kept", "1", "2", "3", "4", "5");
    expect(await store.runLifecycle(aged(1))).toMatchObject({ noncurrentVersionsDeleted: 2 });
    expect(await history("kept")).toEqual(["kept 5 *", "kept 4", "kept 3"]);
    expect(await store.runLifecycle(aged(1))).toMatchObject({ noncurrentVersionsDeleted: 0 });
  });

  it("of which markers are none, though they go as well", async () => {
    await setRules({ ...replaced(1, 1), Filter: { Prefix: "marked" } });
    await putAll("marked", "1", "2");
    await remove("marked");
    await putAll("marked", "3");
    await store.runLifecycle(aged(1));
    expect(await history("marked")).toEqual(["marked 3 *", "marked 2", "marked -"]);
    await setRules({ ...replaced(1), Filter: { Prefix: "marked" } });
    await store.runLifecycle(aged(1));
    expect(await history("marked")).toEqual(["marked 3 *"]);
  });

  it("are those behind a delete marker, which stays", async () => {
    await setRules({ ...replaced(1), Filter: { Prefix: "deleted" } });
    await putAll("deleted", "1", "2");
    await remove("deleted");
    expect(await store.runLifecycle(aged(1))).toMatchObject({ noncurrentVersionsDeleted: 2, deleteMarkersRemoved: 0 });
    expect(await history("deleted")).toEqual(["deleted - *"]);
  });

  it("are not one that is current again", async () => {
    await setRules({ ...replaced(1), Filter: { Prefix: "restored" } });
    const [, second] = await putAll("restored", "1", "2");
    await remove("restored", second);
    expect(await store.runLifecycle(aged(1))).toMatchObject({ noncurrentVersionsDeleted: 0 });
    expect(await history("restored")).toEqual(["restored 1 *"]);
  });

  it("by their own tags and sizes", async () => {
    const [first = ""] = await putAll("tagged", "1", "2", "three", "4");
    const Tagging = { TagSet: [{ Key: "temp", Value: "yes" }] };
    await bucket.send(sdk.PutObjectTaggingCommand, { Key: "tagged", VersionId: first, Tagging });
    await setRules(
      { ...replaced(1), Filter: { And: { Prefix: "tagged", Tags: Tagging.TagSet } } },
      { ...replaced(1), Filter: { And: { Prefix: "tagged", ObjectSizeGreaterThan: 1 } } },
    );
    await store.runLifecycle(aged(1));
    expect(await history("tagged")).toEqual(["tagged 4 *", "tagged 2"]);
  });

  it("of one key are gone through in several parts", async () => {
    await Promise.all(Array.from({ length: 250 }, () => bucket.put("many", "x")));
    const listed = async () => (await bucket.send(sdk.ListObjectVersionsCommand, { Prefix: "many" })).Versions ?? [];
    const before = await listed();
    await setRules({ ...replaced(1, 30), Filter: { Prefix: "many" } });
    expect(await store.runLifecycle(aged(1))).toMatchObject({ noncurrentVersionsDeleted: 219 });
    expect(await listed()).toEqual(before.slice(0, 31));
  });
});

describe("in suspended buckets", () => {
  const { bucket, setRules, setVersioning, history } = lifecycleBucket(store, "suspended");

  it("replaced versions go, a null version among them", async () => {
    await bucket.put("k", "null");
    await setVersioning("Enabled");
    await bucket.put("k", "one");
    await setVersioning("Suspended");
    await bucket.put("l", "null");
    await setRules(replaced(1));
    expect(await store.runLifecycle(aged(1))).toMatchObject({ noncurrentVersionsDeleted: 1 });
    expect(await history()).toEqual(["k one *", "l null *"]);
  });
});

describe("without versions", () => {
  const { bucket, setRules } = lifecycleBucket(store, "plain");

  it("nothing is replaced", async () => {
    await bucket.put("k", "1");
    await bucket.put("k", "2");
    await setRules(replaced(1));
    expect(await store.runLifecycle(aged(1))).toMatchObject({ noncurrentVersionsDeleted: 0, objectsDeleted: 0 });
    expect(await bucket.text("k")).toBe("2");
  });
});
