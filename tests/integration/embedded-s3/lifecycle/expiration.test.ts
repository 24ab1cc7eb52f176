import * as sdk from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { storeForFile } from "../conformance/fixture";
import { aged, almostAged, lifecycleBucket, longAgo } from "./lifecycle-bucket";

const store = storeForFile();
const days = (Days: number) => ({ Expiration: { Days } });

describe("without versions", () => {
  const { bucket, setRules, history } = lifecycleBucket(store, "plain");

  it("objects are deleted permanently at the midnight after their days, and no sooner", async () => {
    await setRules({ ...days(3), Filter: { Prefix: "temp/" } });
    for (const key of ["temp/a", "temp/b", "temp", "tempo/c"]) await bucket.put(key, "x");
    expect(await store.runLifecycle(almostAged(3))).toMatchObject({ objectsDeleted: 0, isComplete: true });
    expect(await store.runLifecycle(aged(3))).toEqual({
      ...{ objectsDeleted: 2, deleteMarkersMade: 0, noncurrentVersionsDeleted: 0, deleteMarkersRemoved: 0 },
      ...{ uploadsAborted: 0, isComplete: true },
    });
    expect(await history()).toEqual(["temp x *", "tempo/c x *"]);
  });

  it("large ones leave no files", async () => {
    await bucket.put("temp/large", Buffer.alloc(100_000));
    expect(await store.runLifecycle(aged(3))).toMatchObject({ objectsDeleted: 1 });
    expect(await bucket.keys("temp/")).toEqual([]);
  });

  it.each([
    ["a tag", { Tag: { Key: "temp", Value: "yes" } }, ["small-yes", "large-yes"]],
    ["no tag of another value", { Tag: { Key: "temp", Value: "perhaps" } }, []],
    ["more than a size", { ObjectSizeGreaterThan: 5 }, ["large-yes", "large-no"]],
    ["less than a size", { ObjectSizeLessThan: 6 }, ["small-yes", "small-no"]],
    ["sizes in between", { And: { ObjectSizeGreaterThan: 5, ObjectSizeLessThan: 100 } }, ["large-yes", "large-no"]],
    [
      "a prefix, two tags and a size",
      {
        And: {
          Prefix: "by/large",
          Tags: [
            { Key: "temp", Value: "yes" },
            { Key: "who", Value: "me" },
          ],
          ObjectSizeGreaterThan: 5,
        },
      },
      ["large-yes"],
    ],
    ["everything", {}, ["small-yes", "small-no", "large-yes", "large-no"]],
  ] as [string, sdk.LifecycleRuleFilter, string[]][])("by %s", async (_, Filter, expired) => {
    const objects = ["small-yes", "small-no", "large-yes", "large-no"];
    for (const name of objects) {
      const [size = "", temp] = name.split("-");
      await bucket.put(`by/${name}`, "x".repeat(size.length * (size === "large" ? 2 : 1)), {
        Tagging: `temp=${temp}&who=me&other=1`,
      });
    }
    await setRules({ ...days(1), Filter });
    await store.runLifecycle(aged(1));
    const left = await bucket.keys("by/");
    expect(objects.filter((name) => !left.includes(`by/${name}`)).sort()).toEqual([...expired].sort());
  });

  it("after a date has passed all objects go, however new", async () => {
    await setRules({ Expiration: { Date: longAgo }, Filter: { Prefix: "dated/" } });
    await bucket.put("dated/a", "x");
    await store.runLifecycle();
    expect(await bucket.keys("dated/")).toEqual([]);
  });

  it("before its date none goes", async () => {
    const date = new Date("2999-01-01T00:00:00Z");
    await setRules({ Expiration: { Date: date }, Filter: { Prefix: "dated/" } });
    await bucket.put("dated/b", "x");
    expect(await store.runLifecycle(aged(100))).toMatchObject({ objectsDeleted: 0 });
    await store.runLifecycle(date);
    expect(await bucket.keys("dated/")).toEqual([]);
  });

  it("the earliest of several rules counts, each object once", async () => {
    await setRules(days(10), { ...days(2), Filter: { Prefix: "both/" } }, { ...days(5), Filter: { Prefix: "both/" } });
    await bucket.put("both/a", "x");
    await bucket.put("one/a", "x");
    expect(await store.runLifecycle(aged(2))).toMatchObject({ objectsDeleted: 1 });
    await store.runLifecycle(aged(10));
    expect(await bucket.keys()).toEqual([]);
  });

  it("a rule that is disabled does nothing, nor one that was taken away", async () => {
    await setRules({ ...days(1), Status: "Disabled" });
    await bucket.put("kept", "x");
    await store.runLifecycle(aged(5));
    await setRules(days(1));
    await bucket.send(sdk.DeleteBucketLifecycleCommand, {});
    await store.runLifecycle(aged(5));
    expect(await bucket.keys()).toEqual(["kept"]);
  });
});

describe("with versions", () => {
  const { bucket, setRules, remove, history } = lifecycleBucket(store, "versioned", "Enabled");

  it("a delete marker hides the current version, once", async () => {
    await setRules({ ...days(1), Filter: { Prefix: "a" } });
    await bucket.put("a", "old");
    await bucket.put("a", "new");
    const outcome = { deleteMarkersMade: 1, objectsDeleted: 0, noncurrentVersionsDeleted: 0, deleteMarkersRemoved: 0 };
    expect(await store.runLifecycle(aged(1))).toMatchObject(outcome);
    const hidden = ["a - *", "a new", "a old"];
    expect(await history("a")).toEqual(hidden);
    expect(await store.runLifecycle(aged(100))).toMatchObject({ ...outcome, deleteMarkersMade: 0 });
    expect(await history("a")).toEqual(hidden);
  });

  it("what a client deleted is left as it is", async () => {
    await setRules({ ...days(1), Filter: { Prefix: "deleted" } });
    await bucket.put("deleted", "x");
    const marker = await remove("deleted");
    await store.runLifecycle(aged(1));
    const { DeleteMarkers } = await bucket.send(sdk.ListObjectVersionsCommand, { Prefix: "deleted" });
    expect(DeleteMarkers?.map(({ VersionId }) => VersionId)).toEqual([marker]);
  });
});

describe("with versions suspended", () => {
  const { bucket, setRules, setVersioning, history } = lifecycleBucket(store, "suspended");

  it("a null marker takes the place of the null version", async () => {
    await setVersioning("Enabled");
    await bucket.put("k", "kept");
    await setVersioning("Suspended");
    await bucket.put("k", "null");
    await setRules({ ...days(1), Filter: { Prefix: "k" } });
    expect(await store.runLifecycle(aged(1))).toMatchObject({ deleteMarkersMade: 1, objectsDeleted: 0 });
    expect(await history("k")).toEqual(["k - null *", "k kept"]);
  });

  it("a null marker comes before a current version with an id", async () => {
    await setVersioning("Enabled");
    await bucket.put("with-id", "kept");
    await setVersioning("Suspended");
    await setRules({ ...days(1), Filter: { Prefix: "with-id" } });
    await store.runLifecycle(aged(1));
    expect(await history("with-id")).toEqual(["with-id - null *", "with-id kept"]);
  });
});
