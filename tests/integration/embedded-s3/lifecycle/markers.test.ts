import { describe, expect, it } from "vitest";
import { storeForFile } from "../conformance/fixture";
import { aged, almostAged, lifecycleBucket, longAgo } from "./lifecycle-bucket";

const store = storeForFile();
const alone = { Expiration: { ExpiredObjectDeleteMarker: true } };

describe.each(["Enabled", "Suspended"] as const)("a delete marker, versions %s", (versioning) => {
  const { bucket, setRules, remove, history } = lifecycleBucket(
    store,
    `markers-${versioning.toLowerCase()}`,
    versioning,
  );
  const null_ = versioning === "Suspended" ? " null" : "";

  it("that is alone goes at once, others stay", async () => {
    await setRules({ ...alone, Filter: { Prefix: "a/" } });
    for (const key of ["a/alone", "b/alone"]) await remove(key);
    await bucket.put("a/object", "x");
    expect(await store.runLifecycle()).toMatchObject({ deleteMarkersRemoved: 1, deleteMarkersMade: 0 });
    expect(await history()).toEqual(["a/object x *", `b/alone -${null_} *`]);
  });

  it("that is alone goes by days when it is as old", async () => {
    await setRules({ Expiration: { Days: 3 }, Filter: { Prefix: "days/" } });
    await remove("days/alone");
    expect(await store.runLifecycle(almostAged(3))).toMatchObject({ deleteMarkersRemoved: 0 });
    expect(await store.runLifecycle(aged(3))).toMatchObject({ deleteMarkersRemoved: 1 });
    expect(await history("days/")).toEqual([]);
  });

  it("that is alone goes after a date", async () => {
    await setRules({ Expiration: { Date: longAgo }, Filter: { Prefix: "date/" } });
    await remove("date/alone");
    expect(await store.runLifecycle()).toMatchObject({ deleteMarkersRemoved: 1 });
  });

  it("stays where rules are about tags or sizes, of which it has none", async () => {
    const Prefix = "filtered/";
    await setRules(
      { Expiration: { Days: 1 }, Filter: { And: { Prefix, Tags: [{ Key: "a", Value: "b" }] } } },
      { Expiration: { Days: 1 }, Filter: { And: { Prefix, ObjectSizeLessThan: 100 } } },
    );
    await remove("filtered/alone");
    expect(await store.runLifecycle(aged(10))).toMatchObject({ deleteMarkersRemoved: 0 });
  });
});

describe("a delete marker with versions behind it", () => {
  const { bucket, setRules, remove, history } = lifecycleBucket(store, "hiding", "Enabled");

  it("stays while there are any, and goes with the last of them", async () => {
    await bucket.put("k", "x");
    await remove("k");
    await setRules(alone);
    expect(await store.runLifecycle(aged(1))).toMatchObject({ deleteMarkersRemoved: 0 });
    expect(await history()).toEqual(["k - *", "k x"]);
    await setRules(alone, { NoncurrentVersionExpiration: { NoncurrentDays: 5 } });
    expect(await store.runLifecycle(aged(5))).toMatchObject({ noncurrentVersionsDeleted: 1, deleteMarkersRemoved: 1 });
    expect(await history()).toEqual([]);
  });

  it("is no lone one while another marker lies behind it", async () => {
    await remove("twice");
    await remove("twice");
    await setRules(alone);
    expect(await store.runLifecycle()).toMatchObject({ deleteMarkersRemoved: 0 });
    expect(await history("twice")).toEqual(["twice - *", "twice -"]);
  });
});
