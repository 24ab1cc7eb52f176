import { describe, expect, it } from "vitest";
import type { PostFailure } from "@/lib/uploader/state/failures";
import { partsOnTheirWay } from "@/lib/uploader/state/state";
import { itemAt } from "@/lib/uploader/state/vector";
import { land, lose, sign, uploadingLarge } from "../../world/parts-world";
import { answer, callFailure, mib } from "../../world/samples";
import { answerOf, newFile, World } from "../../world/world";

const slowDown: PostFailure = { kind: "answer", status: 503, code: "SlowDown", message: "", retryAfterSeconds: 5 };

describe("a part that fails", () => {
  it("waits by itself, longer each time, while the others continue", () => {
    const world = uploadingLarge(100);
    sign(world);
    const [first, ...rest] = world.take("part");
    if (!first) throw new Error("nothing was sent");
    world.take("timer");
    lose(world, first, slowDown);
    expect(world.limit).toBe(3);
    expect(world.take("timer")).toMatchObject([{ timer: "part:0:1" }]);
    for (const part of rest) land(world, part);
    expect(world.limit).toBe(6);
    world.send({ type: "timerFired", timer: "part:0:1" });
    const next = world.take("part");
    expect(next.map(({ n }) => n)).toEqual([7, 8, 9, 10, 11, 12]);
    if (next[0]) land(world, next[0]);
    expect(world.take("part").map(({ n }) => n)).toEqual([1]);
  });

  it("fails its file only after eight tries and five minutes, and what arrived is not sent again", () => {
    const world = uploadingLarge(20, 40);
    sign(world);
    let tries = 0;
    while (world.file(0).state === "parts") {
      sign(world);
      for (const part of world.take("part"))
        if (part.fileId === 0 && part.n === 2) {
          tries += 1;
          lose(world, part, answer(500, "InternalError"));
          world.at += 60_000;
          world.send({ type: "timerFired", timer: "part:0:2" });
        } else land(world, part);
      // Others go through all the time: the storage is there.
      if (world.state.counts.posting === 0) world.add(newFile(`small${tries}`));
      for (const post of world.take("post")) world.deliver(post);
    }
    expect(tries).toBeGreaterThanOrEqual(8);
    expect(world.file(0)).toMatchObject({ state: "failed", failure: { code: "server" } });
    world.answer = (file) => {
      const registered = answerOf(file);
      return { ...registered, ...(registered.multipart && { multipart: { ...registered.multipart, done: [1, 3] } }) };
    };
    world.send({ type: "fileRetried", fileId: 0 });
    sign(world);
    expect(world.take("part").map(({ fileId, n }) => [fileId, n])).toContainEqual([0, 2]);
    expect(world.take("part").filter(({ fileId }) => fileId === 0)).toEqual([]);
  });

  it("gets a new URL when its own is refused, and halts where no URL is ever taken", () => {
    const world = uploadingLarge(200);
    sign(world);
    const expired = answer(403, "AccessDenied", "Request has expired");
    const [first] = world.take("part");
    if (first) lose(world, first, expired);
    sign(world);
    for (let round = 0; round < 40 && !world.state.halted; round += 1) {
      for (const part of world.take("part")) lose(world, part, expired);
      sign(world);
    }
    expect(world.state).toMatchObject({ halted: { code: "policy-expired" }, counts: { failed: 0 } });
  });

  it("is signed anew once where it is denied without a reason, as the machine may have slept", () => {
    const world = uploadingLarge(200);
    sign(world);
    const silent = answer(403, "AccessDenied");
    for (let round = 0; round < 2; round += 1) for (const part of world.take("part")) lose(world, part, silent);
    sign(world);
    const again = world.take("part");
    expect(again.map(({ n }) => n)).toEqual([1, 2, 3]);
    if (again[0]) lose(world, again[0], silent);
    expect(world.file(0)).toMatchObject({ state: "failed", failure: { code: "access-denied" } });
  });

  it("whose URLs are refused again and again waits longer each time, and fails its file in the end", () => {
    const world = uploadingLarge(20, 4_000);
    let refused = 0;
    for (let round = 0; round < 300 && world.file(0).state !== "failed"; round += 1) {
      sign(world);
      for (const part of world.take("part"))
        if (part.fileId === 0 && part.n === 2) {
          refused += 1;
          lose(world, part, answer(403, "SignatureDoesNotMatch"));
          if (refused > 1 && refused < 8) expect(world.take("timer").at(-1)).toMatchObject({ timer: "part:0:2" });
          world.at += 60_000;
          world.send({ type: "timerFired", timer: "part:0:2" });
        } else land(world, part);
    }
    expect(refused).toBe(8);
    expect(world.file(0)).toMatchObject({ state: "failed", failure: { code: "policy-refused" } });
  });

  it("restarts its file where the multipart is gone", () => {
    const world = uploadingLarge(30);
    sign(world);
    const parts = world.take("part");
    if (parts[0]) land(world, parts[0]);
    world.answer = (file) => answerOf(file, 77);
    if (parts[1]) lose(world, parts[1], answer(404, "NoSuchUpload"));
    expect(world.take("stop")).toEqual([{ type: "stop", fileId: 0 }]);
    expect(world.file(0)).toMatchObject({ known: { multipart: { arrivedParts: 0 } }, next: 5 });
    sign(world);
    expect(world.take("part").map(({ n }) => n)).toEqual([1, 2, 3, 4]);
    // What the stopped ones still say is not listened to.
    if (parts[2]) land(world, parts[2]);
    expect(world.multipart(0).arrivedParts).toBe(0);
  });

  it("makes everything wait together when the storage is unreachable", () => {
    const world = uploadingLarge(200);
    sign(world);
    for (const part of world.take("part")) lose(world, part, { kind: "network" });
    for (const part of world.take("part")) lose(world, part, { kind: "network" });
    expect(world.state.outage).not.toBeNull();
    expect(world.take("part")).toEqual([]);
    world.send({ type: "timerFired", timer: "probe" });
    const probes = world.take("part");
    expect(probes).toHaveLength(1);
    if (probes[0]) land(world, probes[0]);
    expect(world.state.outage).toBeNull();
    expect(partsOnTheirWay(world.state)).toBeGreaterThan(3);
  });
});

describe("signing and completing", () => {
  it("are retried while the failure is transient", () => {
    const world = uploadingLarge(20);
    const [call] = world.take("sign");
    if (!call) throw new Error("nothing was to be signed");
    const { fileId, multipartId, request } = call;
    world.send({ type: "signFailed", fileId, multipartId, parts: request.parts, failure: callFailure("UNAVAILABLE") });
    expect(world.take("sign")).toEqual([]);
    world.send({ type: "timerFired", timer: "file:0" });
    expect(world.take("sign")).toEqual([call]);
  });

  it("halt when the session ended, and resume with what is there", () => {
    const world = uploadingLarge(20);
    const [call] = world.take("sign");
    if (!call) throw new Error("nothing was to be signed");
    const { fileId, multipartId, request } = call;
    const failure = callFailure("UNAUTHENTICATED");
    world.send({ type: "signFailed", fileId, multipartId, parts: request.parts, failure });
    expect(world.state).toMatchObject({ halted: { code: "signed-out" }, counts: { failed: 0, queued: 1 } });
    world.send({ type: "triedAgain" });
    expect(world.take("sign")).toHaveLength(1);
  });

  it("register the file again where its parts cannot be completed, and fail after three times", () => {
    const world = uploadingLarge(20);
    let sent = 0;
    for (let round = 0; round < 200 && world.file(0).state !== "failed"; round += 1) {
      sign(world);
      for (const part of world.take("part")) {
        sent += 1;
        land(world, part);
      }
      for (const { fileId, run } of world.take("recheck"))
        world.send({ type: "rechecked", fileId, run, onDisk: { sizeBytes: 20 * mib, lastModified: 1 } });
      for (const { fileId, multipartId } of world.take("complete"))
        world.send({ type: "completeFailed", fileId, multipartId, failure: callFailure("CONFLICT") });
    }
    expect(world.file(0)).toMatchObject({ state: "failed", failure: { code: "server" } });
    expect(sent).toBe(3 * 4);
  });

  it("leave parts out that were there before, and hash them only for the checksum of the whole", () => {
    const world = new World({ hashes: true });
    world.answer = (file) => {
      const registered = answerOf(file);
      return { ...registered, ...(registered.multipart && { multipart: { ...registered.multipart, done: [1, 2] } }) };
    };
    world.add(newFile("a", 20 * mib));
    world.open();
    expect(world.state.bytes).toMatchObject({ planned: 20 * mib, sent: 16 * mib, kept: 16 * mib });
    for (const { fileId, run, n } of world.take("hashPart"))
      world.send({ type: "partHashed", fileId, run, n, crc: "c" });
    sign(world);
    const parts = world.take("part");
    expect(parts.map(({ n }) => n)).toEqual([3]);
    if (parts[0]) land(world, parts[0]);
    const [onDisk] = world.take("recheck");
    world.send({
      type: "rechecked",
      fileId: 0,
      run: onDisk?.run ?? 0,
      onDisk: { sizeBytes: 20 * mib, lastModified: 1 },
    });
    const [complete] = world.take("complete");
    expect(complete?.request.parts).toEqual([{ n: 3, etag: '"etag-3"' }]);
    expect(complete?.pieces).toEqual([8, 8, 4].map((size) => ({ crc: "c", sizeBytes: size * mib })));
    expect(itemAt(world.multipart(0).etags, 0)).toBe("");
  });
});
