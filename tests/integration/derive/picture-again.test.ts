import { describe, expect, test } from "vitest";
import { db } from "@/lib/db";
import { storeDerivatives } from "@/lib/derive/derivatives";
import { deriveRevision } from "@/lib/derive/revision";
import { handleDeriveFailed } from "@/lib/jobs/handlers";
import { reserveSpareId } from "@/lib/media/again/commands";
import { reserveDerivedId } from "@/lib/media/commands";
import { metadataVersion, oldestPictureVersions, pictureVersion } from "@/lib/media/policy";
import { revisionsToDeriveAgain } from "@/lib/media/queries";
import { bucketPermit } from "@/lib/owner/commands";
import { headerAlone, notPictures, picture } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { failed, failedContext, pendingRevision, revisionById, worker } from "./fixtures";
import { expectNothingLeft } from "./left-behind";
import { beforeStoring, versionsOf } from "./stored";

await testDatabase();
await testBucket();
expectNothingLeft();

const oldestTypes = Object.entries(oldestPictureVersions.byType);

test.each([
  ["revision_metadata_outdated_idx", `metadata_version < ${metadataVersion}`],
  [
    "revision_picture_outdated_idx",
    oldestTypes.map(([type, version]) => `WHEN '${type}'::text THEN ${version}`).join(" "),
  ],
])("the sweep's index %s holds what today's rules are newer than", async (name, condition) => {
  const indexes = await db()
    .$queryRaw`SELECT regexp_replace(indexdef, '\\s+', ' ', 'g') AS indexdef FROM pg_indexes WHERE indexname = ${name}`;
  expect(indexes).toEqual([{ indexdef: expect.stringContaining(condition) }]);
});

describe("a picture that older rules decoded", () => {
  const taken = new Date("2020-05-01T10:00:00Z");
  const derivatives = [{ size: 200, bytes: new Uint8Array([1]) }] as const;

  /** As older rules left it: shown, with a date that today's rules do not find. */
  async function outdated(bytes: Buffer): Promise<{ id: string; old: string }> {
    const id = await pendingRevision(bytes);
    const old = (await reserveDerivedId(worker, id)) ?? "";
    await storeDerivatives(await bucketPermit(worker), old, [...derivatives]);
    const ready = { state: "ready", contentType: "image/tiff", width: 1, height: 1, takenAt: taken } as const;
    await db().revision.update({ where: { id }, data: { ...ready, pictureVersion: 0 } });
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([id]);
    return { id, old };
  }

  async function expectDone(id: string, derivedId: string | null): Promise<void> {
    expect(await revisionById(id)).toMatchObject({ pictureVersion, derivedId, spareDerivedId: null });
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([]);
  }

  const again = (id: string) => deriveRevision(worker, id);
  const small = () => picture({ width: 64, height: 48 });

  test("is shown as before until its new derivatives are stored, and the old ones are deleted then", async () => {
    const { id, old } = await outdated(await small());
    let seen: object | undefined;
    const look = async () => {
      seen = { ...(await revisionById(id)), versions: await versionsOf(old) };
    };
    expect(await beforeStoring(look, () => again(id))).toEqual({ revisionId: id, state: "derivedAgain" });
    expect(seen).toMatchObject({ state: "ready", derivedId: old, width: 1, versions: 1 });
    const { derivedId, ...now } = await revisionById(id);
    expect(now).toMatchObject({ state: "ready", contentType: "image/jpeg", width: 64, height: 48, takenAt: taken });
    expect(derivedId).not.toBe(old);
    expect([await versionsOf(old), await versionsOf(derivedId)]).toEqual([0, 3]);
    await expectDone(id, derivedId);
    expect(await again(id)).toMatchObject({ state: expect.not.stringMatching("derivedAgain") });
  });

  test.each([
    ["today's rules reject it", again],
    [
      "today's decoder fails on it each time",
      (id: string) => handleDeriveFailed(failedContext, { data: { revisionId: id }, ...failed }),
    ],
    [
      "it ends the worker each time",
      (id: string) => handleDeriveFailed(failedContext, { data: { revisionId: id }, sourceOutput: {} }),
    ],
  ])("stays as it is where %s, and no try is left behind", async (_why, end) => {
    const { id, old } = await outdated(headerAlone(await picture()));
    const spare = (await reserveSpareId(worker, id)) ?? "";
    await storeDerivatives(await bucketPermit(worker), spare, [...derivatives]);
    await end(id);
    for (const one of await revisionsToDeriveAgain(worker, 10)) await again(one);
    expect(await revisionById(id)).toMatchObject({ state: "ready", rejectReason: null, width: 1, takenAt: taken });
    expect([await versionsOf(old), await versionsOf(spare)]).toEqual([1, 0]);
    await expectDone(id, old);
  });

  test.each([
    ["between storing and recording", { pictureVersion: 0 }],
    ["between recording and deleting", {}],
  ])("leaves no derivatives behind when the worker is killed %s", async (_when, rewound) => {
    const { id, old } = await outdated(await small());
    const kill = new Error("killed");
    const spare = (await reserveSpareId(worker, id)) ?? "";
    await storeDerivatives(await bucketPermit(worker), spare, [...derivatives]);
    const swapped = { derivedId: spare, spareDerivedId: old, pictureVersion };
    if (!("pictureVersion" in rewound)) await db().revision.update({ where: { id }, data: swapped });
    else
      await expect(
        beforeStoring(
          () => Promise.reject(kill),
          () => again(id),
        ),
      ).rejects.toThrow();
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([id]);
    await again(id);
    expect(await versionsOf(old)).toBe(0);
    await expectDone(id, spare);
  });

  test("is derived again where its type's rules are newer, and left where they are not", async () => {
    const { id } = await outdated(await small());
    const at = (version: number, contentType: string) =>
      db().revision.update({ where: { id }, data: { pictureVersion: version, contentType } });
    await at(1, "image/jpeg");
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([]);
    expect(await again(id)).not.toMatchObject({ state: "derivedAgain" });
    await at(1, "image/tiff");
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([id]);
    expect(await again(id)).toMatchObject({ state: "derivedAgain" });
    await expectDone(id, (await revisionById(id)).derivedId);
  });

  test("is shown where it was rejected, and keeps today's reason where it is still", async () => {
    for (const [bytes, wanted] of [
      [await small(), { state: "ready", width: 64, rejectReason: null }],
      [
        headerAlone(await picture()),
        { state: "rejected", rejectReason: expect.stringMatching(/JPEG could not be read/) },
      ],
      [notPictures.html, { state: "kept", rejectReason: null, contentType: "text/plain" }],
    ] as const) {
      const id = await pendingRevision(bytes);
      await db().revision.update({
        where: { id },
        data: { state: "rejected", rejectReason: "old", pictureVersion: 0 },
      });
      await again(id);
      expect(await revisionById(id)).toMatchObject(wanted);
      await expectDone(id, (await revisionById(id)).derivedId);
    }
  });
});
