import { describe, expect, it } from "vitest";
import type { Effect } from "@/lib/uploader/state/events";
import { land, lose, sendAll, sign, uploadingLarge } from "../../world/parts-world";
import { answer, mib } from "../../world/samples";
import { newFile, World } from "../../world/world";

describe("a file in parts", () => {
  it("is cut as answered, signed, sent six at a time, rechecked and completed", () => {
    const world = uploadingLarge(60);
    const [call] = world.take("sign");
    expect(call?.request.parts).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    world.effects.push(call as Effect);
    sign(world);
    const parts = world.take("part");
    expect(parts.map(({ n, start, end }) => [n, start / mib, end / mib])).toEqual([
      [1, 0, 8],
      [2, 8, 16],
      [3, 16, 24],
      [4, 24, 32],
      [5, 32, 40],
      [6, 40, 48],
    ]);
    for (const part of parts) {
      world.send({ type: "partProgressed", fileId: 0, run: part.run, n: part.n, sentBytes: mib });
    }
    expect(world.state.bytes.sent).toBe(6 * mib);
    for (const part of [...parts, ...world.take("part")]) land(world, part);
    for (const part of world.take("part")) land(world, part);
    expect(world.file(0).state).toBe("checking");
    expect(world.state.bytes.sent).toBe(60 * mib);
    const [onDisk] = world.take("recheck");
    world.send({
      type: "rechecked",
      fileId: 0,
      run: onDisk?.run ?? 0,
      onDisk: { sizeBytes: 60 * mib, lastModified: 1 },
    });
    const [complete] = world.take("complete");
    expect(complete?.request.parts).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ n, etag: `"etag-${n}"` })));
    world.send({ type: "completed", fileId: 0, multipartId: complete?.multipartId ?? "" });
    expect(world.state).toMatchObject({ phase: "sealing", counts: { done: 1 } });
  });

  it("is prepared two budgets ahead and no further, however large it is", () => {
    const world = uploadingLarge(5 * 1024 * 1024);
    expect(world.multipart(0).partCount).toBe(5 * 1024);
    let requested = 0;
    for (let landed = 0; landed < 40; landed += 1) {
      requested += world.effects.flatMap((one) => (one.type === "sign" ? one.request.parts : [])).length;
      sign(world);
      expect(world.window(0).length).toBeLessThanOrEqual(12);
      const [part] = world.effects.filter((one) => one.type === "part");
      world.effects = world.effects.filter((one) => one !== part);
      if (part) land(world, part);
    }
    expect(requested).toBeLessThanOrEqual(40 + 12);
  });

  it("has its URLs signed anew when they ended before they were used", () => {
    const world = uploadingLarge(200);
    sign(world, 60);
    const inFlight = world.take("part");
    world.at += 45_000;
    for (const part of inFlight) land(world, part);
    expect(world.take("part")).toEqual([]);
    expect(sign(world)).toBe(1);
    sign(world);
    expect(world.take("part").map(({ n }) => n)).toEqual([7, 8, 9, 10, 11, 12]);
  });

  it("has them signed anew in the same step in which a connection is free again", () => {
    const world = uploadingLarge(200);
    sign(world);
    for (const _ of ["those on their way", "those begun before it was clear"])
      for (const part of world.take("part")) lose(world, part, { kind: "network" });
    world.at += 16 * 60_000;
    world.send({ type: "timerFired", timer: "probe" });
    expect(world.take("part")).toEqual([]);
    expect(sign(world)).toBe(1);
    expect(world.take("part")).toHaveLength(1);
  });

  it("is hashed before it is signed, a part that does not fit its checksum once more", () => {
    const world = new World({ hashes: true });
    world.add(newFile("a", 20 * mib));
    world.open();
    const hashes = world.take("hashPart");
    expect(hashes.map(({ n, start, end }) => [n, start / mib, end / mib])).toEqual([
      [1, 0, 8],
      [2, 8, 16],
      [3, 16, 20],
    ]);
    for (const { fileId, run, n } of hashes) world.send({ type: "partHashed", fileId, run, n, crc: `crc${n}` });
    const [first] = world.take("sign");
    expect(first?.request.checksums).toEqual({ 1: "crc1" });
    world.effects.push(first as Effect);
    sign(world);
    expect(world.take("sign")[0]?.request.checksums).toEqual({ 2: "crc2", 3: "crc3" });
    const [part] = world.take("part");
    expect(part).toMatchObject({ n: 1, crc: "crc1" });
    if (part) lose(world, part, answer(400, "BadDigest"));
    world.send({ type: "timerFired", timer: "part:0:1" });
    expect(world.take("hashPart")).toMatchObject([{ n: 1 }]);
  });
});

describe("parts and small files", () => {
  it("alternate: neither kind waits while the other has all connections", () => {
    const world = new World();
    world.add(...Array.from({ length: 300 }, (_, index) => newFile(`s${index}`)));
    world.open();
    expect(world.state.counts.posting).toBe(6);
    world.add(newFile("large", 400 * mib));
    sign(world);
    for (let round = 0; round < 60; round += 1) {
      const posts = world.effects.filter((one) => one.type === "post");
      const parts = world.effects.filter((one) => one.type === "part");
      expect(posts.length + parts.length).toBe(6);
      if (round > 6) expect(Math.min(posts.length, parts.length)).toBeGreaterThanOrEqual(2);
      sign(world);
      // Whichever began first is through first.
      const first = world.effects.find((one) => one.type === "post" || one.type === "part");
      world.effects = world.effects.filter((one) => one !== first);
      if (first?.type === "post") world.deliver(first);
      else if (first?.type === "part") land(world, first);
    }
  });

  it("alternate on a single connection, too", () => {
    const world = new World();
    world.send({ type: "shareChanged", connections: 1 });
    world.add(newFile("large", 80 * mib), ...Array.from({ length: 20 }, (_, index) => newFile(`s${index}`)));
    world.open();
    const kinds: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      sign(world);
      for (const part of world.take("part")) {
        kinds.push("part");
        land(world, part);
      }
      for (const post of world.take("post")) {
        kinds.push("post");
        world.deliver(post);
      }
    }
    expect(kinds.filter((kind) => kind === "part").length).toBeGreaterThanOrEqual(5);
    expect(kinds.filter((kind) => kind === "post").length).toBeGreaterThanOrEqual(5);
  });

  it("share what is left: many middling files are sent side by side", () => {
    const world = uploadingLarge(17, 17, 17, 17);
    sign(world);
    expect(new Set(world.take("part").map(({ fileId }) => fileId)).size).toBeGreaterThan(1);
    sendAll(world);
  });
});
