import { describe, expect, test } from "vitest";
import { db } from "@/lib/db";
import { storeDerivatives } from "@/lib/derive/derivatives";
import { deriveRevision, removeLeftDerivatives } from "@/lib/derive/revision";
import { handleDeriveFailed } from "@/lib/jobs/handlers";
import { reserveDerivedId } from "@/lib/media/commands";
import { bucketPermit } from "@/lib/owner/commands";
import { storage } from "@/lib/storage/client";
import { hex } from "@/tests/support/checksums";
import { headerAlone, picture } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { failed, failedContext, pendingRevision, revisionById, worker } from "./fixtures";
import { expectNothingLeft } from "./left-behind";
import { beforeStoring, derivedKeys, versionsOf } from "./stored";

await testDatabase();
const bucket = await testBucket();
expectNothingLeft();

describe("the derivatives of a rejected picture", () => {
  /** As an attempt that was killed before it could record anything, twice. */
  async function killedAttempts(id: string): Promise<string> {
    const derivedId = (await reserveDerivedId(worker, id)) ?? "";
    const derivatives = [{ size: 200, bytes: new Uint8Array([1]) }] as const;
    const permit = await bucketPermit(worker);
    for (const attempt of [1, 2]) await storeDerivatives(permit, derivedId, [...derivatives]).then(() => attempt);
    expect(await versionsOf(derivedId)).toBe(2);
    return derivedId;
  }

  test("are never stored when its bytes are not those that were announced", async () => {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    await db().revision.update({ where: { id }, data: { sha256: hex("sha256", "other") } });
    const before = await derivedKeys(bucket);
    expect(await deriveRevision(worker, id)).toMatchObject({ state: "rejected" });
    expect(await revisionById(id)).toMatchObject({ rejectReason: expect.stringContaining("not those that were sent") });
    expect(await derivedKeys(bucket)).toEqual(before);
  });

  test("are deleted when a later attempt rejects it", async () => {
    const id = await pendingRevision(headerAlone(await picture()));
    const derivedId = await killedAttempts(id);
    expect(await deriveRevision(worker, id)).toMatchObject({ state: "rejected" });
    expect(await versionsOf(derivedId)).toBe(0);
  });

  test("are deleted when all its attempts failed", async () => {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    const derivedId = await killedAttempts(id);
    await handleDeriveFailed(failedContext, { data: { revisionId: id }, ...failed });
    expect(await revisionById(id)).toMatchObject({ state: "rejected", derivedId: null });
    expect(await versionsOf(derivedId)).toBe(0);
  });

  test("are deleted when an attempt stores them after another one rejected it", async () => {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    let derivedId = "";
    const reject = async () => {
      derivedId = (await revisionById(id)).derivedId ?? "";
      await handleDeriveFailed(failedContext, { data: { revisionId: id }, ...failed });
    };
    expect(await beforeStoring(reject, () => deriveRevision(worker, id))).toMatchObject({ state: "skipped" });
    expect(await revisionById(id)).toMatchObject({ state: "rejected" });
    expect(derivedId).toMatch(/^[0-9a-f]{32}$/);
    expect(await versionsOf(derivedId)).toBe(0);
  });
});

describe("rejecting a picture that has derivatives", () => {
  const reject = (id: string) => handleDeriveFailed(failedContext, { data: { revisionId: id }, ...failed });

  /** As an attempt that was killed before it could record anything. */
  async function killedAttempt(): Promise<{ id: string; derivedId: string }> {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    const derivedId = (await reserveDerivedId(worker, id)) ?? "";
    await storeDerivatives(await bucketPermit(worker), derivedId, [{ size: 200, bytes: new Uint8Array([1]) }]);
    return { id, derivedId };
  }

  async function storedOf(derivedId: string): Promise<number> {
    return (await derivedKeys(bucket)).filter((key) => key.startsWith(`derived/${derivedId}/`)).length;
  }

  /** Does something before the storage gets the first request about derivatives, and sends it then. */
  function beforeDeletion(act: () => Promise<unknown>): void {
    let isDone = false;
    storage().client.middlewareStack.add(
      (next) => async (args) => {
        const { Prefix = "" } = args.input as { Prefix?: string };
        if (Prefix.startsWith("derived/") && !isDone) {
          isDone = true;
          await act();
        }
        return next(args);
      },
      { step: "initialize", name: "meanwhile" },
    );
  }

  test("leaves no picture without its bytes when another worker derives it at the same time", async () => {
    const { id, derivedId } = await killedAttempt();
    beforeDeletion(() => deriveRevision(worker, id));
    await reject(id);
    storage().client.middlewareStack.remove("meanwhile");
    expect(await revisionById(id)).toMatchObject({ state: "rejected", derivedId: null });
    expect(await storedOf(derivedId)).toBe(0);
    // The other way round the picture stays: it has ended already.
    const other = await killedAttempt();
    await deriveRevision(worker, other.id);
    await reject(other.id);
    expect(await revisionById(other.id)).toMatchObject({ state: "ready", derivedId: other.derivedId });
    expect(await storedOf(other.derivedId)).toBeGreaterThan(0);
  });

  test("is finished by the sweep when the storage goes away in between", async () => {
    const { id, derivedId } = await killedAttempt();
    beforeDeletion(async () => {
      throw new Error("away");
    });
    await expect(reject(id)).rejects.toThrow();
    storage().client.middlewareStack.remove("meanwhile");
    expect(await revisionById(id)).toMatchObject({ state: "rejected", derivedId });
    expect(await removeLeftDerivatives(worker, 100)).toBe(1);
    expect(await revisionById(id)).toMatchObject({ state: "rejected", derivedId: null });
    expect(await storedOf(derivedId)).toBe(0);
    expect(await removeLeftDerivatives(worker, 100)).toBe(0);
  });
});
