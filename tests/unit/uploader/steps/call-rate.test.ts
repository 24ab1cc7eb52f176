import { describe, expect, it } from "vitest";
import { budgets } from "@/lib/budget/policy";
import type { Effect } from "@/lib/uploader/state/events";
import { land, sign } from "../world/parts-world";
import { mib } from "../world/samples";
import { newFile, World } from "../world/world";

const { count, windowSeconds } = budgets.writesOfUser;
const callsPerSecond = count / windowSeconds;
/** 10 Gbit/s. */
const lineRateBytes = 1.25e9;

/** Counts the calls to the site that change something. */
class Counted extends World {
  /** Without its opening. */
  calls = 0;

  override register(effect: Extract<Effect, { type: "files" }>) {
    this.calls += 1;
    return super.register(effect);
  }

  override registerMore(effect: Extract<Effect, { type: "registerChecksums" }>) {
    this.calls += 1;
    return super.registerMore(effect);
  }
}

/** Uploads files with nothing in the way, and returns how many calls that takes. */
function upload(files: number, sizeBytes: number): number {
  const world = new Counted({ hashes: true });
  world.add(...Array.from({ length: files }, (_, index) => newFile(`f${index}`, sizeBytes)));
  world.open();
  for (let round = 0; round < 100_000 && world.state.phase === "uploading"; round += 1) {
    world.calls += sign(world);
    for (const { fileId, run, n } of world.take("hashPart"))
      world.send({ type: "partHashed", fileId, run, n, crc: `${n}` });
    for (const { fileId, run } of world.take("hash"))
      world.send({ type: "hashed", fileId, run, digests: { sha256: "0".repeat(64), md5: null } });
    for (const part of world.take("part")) land(world, part);
    for (const { fileId, run } of world.take("post")) world.send({ type: "posted", fileId, run });
    for (const { fileId, run } of world.take("recheck"))
      world.send({ type: "rechecked", fileId, run, onDisk: { sizeBytes, lastModified: 1 } });
    for (const { fileId, multipartId } of world.take("complete")) {
      world.calls += 1;
      world.send({ type: "completed", fileId, multipartId });
    }
    for (const done of ["timer", "noTimer", "releaseFile"] as const) world.take(done);
    if (world.take("yieldToPage").length > 0) world.send({ type: "yielded" });
  }
  expect(world.state.phase).toBe("sealing");
  expect(world.state.counts.done).toBe(files);
  return world.calls + world.take("seal").length;
}

describe("the budget of writes is well above what the uploader needs", () => {
  it.each([
    ["the smallest files sent in parts", 60, 16 * mib],
    ["files of 100 MiB", 20, 100 * mib],
    ["a file of 2 GiB", 1, 2_048 * mib],
  ])("for %s at 10 Gbit/s", (_, files, sizeBytes) => {
    const calls = upload(files, sizeBytes);
    const rate = (calls / (files * sizeBytes)) * lineRateBytes;
    expect(rate).toBeLessThan(callsPerSecond / 2);
  });

  it("for small files, ten times as fast as a bare loop sends them", () => {
    const files = 1_000;
    const calls = upload(files, 20_000);
    // 32 connections write 740 small files a second to Ceph.
    expect((calls / files) * 740 * 10).toBeLessThan(callsPerSecond / 2);
  });
});
