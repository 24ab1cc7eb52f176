import { describe, expect, it } from "vitest";
import { outstanding, partsOnTheirWay } from "@/lib/uploader/state/state";
import { type EffectOf, land, lose, sign, uploadingTo } from "../../world/parts-world";
import { answer, mib } from "../../world/samples";
import type { World } from "../../world/world";

const other = "https://dualstack.test/media";
const network = { kind: "network" } as const;

/** Parts that went out, by whether they went to the other endpoint. */
function takeParts(world: World): { first: EffectOf<"part">[]; elsewhere: EffectOf<"part">[] } {
  sign(world);
  const parts = world.take("part");
  const isElsewhere = ({ url }: EffectOf<"part">) => url.startsWith(other);
  return { first: parts.filter((part) => !isElsewhere(part)), elsewhere: parts.filter(isElsewhere) };
}

describe("parts, where the storage has another endpoint", () => {
  it("are tried there with one connection, and given more while it is about as quick", () => {
    const world = uploadingTo([other], 2_000);
    let { first, elsewhere } = takeParts(world);
    expect([first.length, elsewhere.length]).toEqual([6, 1]);
    for (let round = 0; round < 6; round += 1) {
      world.at += 100;
      for (const part of [...first, ...elsewhere]) land(world, part);
      ({ first, elsewhere } = takeParts(world));
    }
    expect([first.length, elsewhere.length]).toEqual([6, 6]);
    expect(world.others).toMatchObject([{ busy: 6, mibMs: 100 / 8, postMs: null }]);
  });

  it("get no more connections where it is slow", () => {
    const world = uploadingTo([other], 4_000);
    for (let round = 0; round < 8; round += 1) {
      const { first, elsewhere } = takeParts(world);
      let quick = first;
      for (let times = 0; times < 5; times += 1) {
        world.at += 50;
        for (const part of quick) land(world, part);
        quick = takeParts(world).first;
      }
      for (const part of elsewhere) land(world, part);
      for (const part of quick) land(world, part);
    }
    expect(world.others[0]?.limit).toBeLessThanOrEqual(2);
  });

  it.each([
    ["does not answer", network],
    ["does not know the signature", answer(403, "SignatureDoesNotMatch")],
    ["denies without a reason", answer(403, "AccessDenied", "Access Denied")],
    ["is out of order", answer(500, "InternalError")],
    ["has too much to do", answer(503, "SlowDown")],
    ["does not know the multipart", answer(404, "NoSuchUpload")],
    ["takes no such bodies", { ...answer(413, ""), code: null }],
  ])("go to the first one where it %s, without a failure of the file or the storage", (_, failure) => {
    const world = uploadingTo([other], 400);
    const { first, elsewhere } = takeParts(world);
    const [lost] = elsewhere;
    if (!lost) throw new Error("nothing was sent to the other endpoint");
    lose(world, lost, failure);
    const [second] = takeParts(world).elsewhere;
    if (!second) throw new Error("the endpoint was not given a second chance");
    expect(second.n, "not the same part").not.toBe(lost.n);
    lose(world, second, failure);
    expect(world.others).toMatchObject([{ dropped: true, busy: 0 }]);
    expect(world.state).toMatchObject({ outage: null, failuresInRow: 0 });
    expect(world.file(0)).toMatchObject({ state: "parts", attempts: { failures: 0 } });
    for (const part of first) land(world, part);
    const next = takeParts(world);
    expect(next.elsewhere).toEqual([]);
    expect(next.first.map(({ n }) => n)).toContain(lost.n);
  });

  it("are as quick as those of full size say: a last part of a few bytes spoils no pace", () => {
    const world = uploadingTo([other], 16 + 1 / 1024);
    for (const part of Object.values(takeParts(world)).flat()) {
      world.at += 40;
      land(world, part);
    }
    for (const { mibMs } of world.state.endpoints) expect(mibMs ?? 0).toBeLessThanOrEqual(120);
  });

  it("wait together where the first endpoint is unreachable, though the other one takes them: no file fails for that", () => {
    const world = uploadingTo([other], 4_000);
    for (let minutes = 0; minutes < 12; minutes += 1) {
      const { first, elsewhere } = takeParts(world);
      for (const part of elsewhere) land(world, part);
      for (const part of first) lose(world, part, network);
      world.at += 60_000;
      for (const { timer } of world.take("timer")) world.send({ type: "timerFired", timer });
    }
    expect(world.state.outage).not.toBeNull();
    expect(world.state).toMatchObject({ counts: { failed: 0, parts: 1 }, halted: null });
  });

  it("are not tried elsewhere as long as the browser is offline", () => {
    const world = uploadingTo([other], 400);
    const { elsewhere } = takeParts(world);
    world.send({ type: "wentOffline" });
    for (const part of elsewhere) lose(world, part, network);
    expect(takeParts(world).elsewhere).toEqual([]);
    expect(world.others).toMatchObject([{ dropped: false, failures: 0, busy: 0 }]);
  });

  it("are signed again, all of them, when their URLs expired while the machine slept: that is no failure", () => {
    const world = uploadingTo([other], 2_000);
    for (let round = 0; round < 6; round += 1)
      for (const part of Object.values(takeParts(world)).flat()) land(world, part);
    while (sign(world) > 0);
    let refused = 0;
    for (let parts = world.take("part"); parts.length > 0; parts = world.take("part"))
      for (const part of parts) {
        lose(world, part, answer(403, "AccessDenied", "Request has expired"));
        refused += 1;
      }
    expect(refused).toBeGreaterThan(18);
    expect(world.state.halted).toBeNull();
    while (sign(world) > 0);
    const { first, elsewhere } = takeParts(world);
    expect([first.length, elsewhere.length]).toEqual([6, 6]);
  });

  it("get a new URL when theirs expired, whichever endpoint says so", () => {
    const world = uploadingTo([other], 400);
    const [part] = takeParts(world).elsewhere;
    if (!part) throw new Error("nothing was sent to the other endpoint");
    world.at += 899_000;
    lose(world, part, answer(403, "AccessDenied", "Request has expired"));
    expect(world.others).toMatchObject([{ dropped: false, failures: 0 }]);
    expect(world.window(0).find(({ n }) => n === part.n)?.stage).toBe("signing");
  });

  it("are not refused for good when their URL ends, whatever had gone wrong with them before", () => {
    const world = uploadingTo([other], 24);
    const [part] = takeParts(world).first;
    if (!part) throw new Error("nothing was sent");
    lose(world, part, network);
    world.send({ type: "timerFired", timer: `part:${part.fileId}:${part.n}` });
    const again = world.take("part").find(({ n }) => n === part.n);
    if (!again) throw new Error("it was not sent again");
    lose(world, again, answer(403, "AccessDenied", "Request has expired"));
    expect(world.state.refusedInRow).toBe(0);
    expect(world.window(0).find(({ n }) => n === part.n)?.stage).toBe("signing");
  });

  it("are signed anew once: an endpoint that says of a new URL, too, that it has ended gets no more of them", () => {
    const world = uploadingTo([other], 400);
    const { first, elsewhere } = takeParts(world);
    const refused: number[] = [];
    for (let parts = elsewhere; parts.length > 0; parts = takeParts(world).elsewhere)
      for (const part of parts) {
        refused.push(part.n);
        lose(world, part, answer(403, "RequestTimeTooSkewed"));
      }
    expect([...new Set(refused)].length, String(refused)).toBe(refused.length - 2);
    expect(world.others).toMatchObject([{ dropped: true }]);
    expect(world.state).toMatchObject({ refusedInRow: 0, halted: null });
    for (const part of first) land(world, part);
    expect(takeParts(world).first.map(({ n }) => n)).toEqual(expect.arrayContaining([7, 8]));
  });

  it("alternate with small files on its connections, and both end", () => {
    const world = uploadingTo([other], 100, ...Array.from({ length: 40 }, () => 1));
    const hosts = new Map<string, Set<string>>();
    for (let round = 0; round < 500 && outstanding(world.state) > 0; round += 1) {
      world.at += 10;
      sign(world);
      for (const part of world.take("part")) {
        hosts.set("part", (hosts.get("part") ?? new Set()).add(new URL(part.url).host));
        land(world, part);
      }
      for (const post of world.take("post")) {
        hosts.set("post", (hosts.get("post") ?? new Set()).add(new URL(post.policy.url).host));
        world.deliver(post);
      }
      for (const { fileId, run } of world.take("recheck")) {
        const { sizeBytes, lastModified } = world.file(fileId);
        world.send({ type: "rechecked", fileId, run, onDisk: { sizeBytes, lastModified } });
      }
      for (const done of world.take("complete")) world.send({ ...done, type: "completed" });
    }
    expect(world.state.counts.done).toBe(41);
    expect(hosts.get("part")?.size).toBe(2);
    expect(hosts.get("post")?.size).toBe(2);
    expect(world.others).toMatchObject([{ busy: 0 }]);
  });

  it("leave its connections when they are paused", () => {
    const world = uploadingTo([other], 400);
    expect(takeParts(world).elsewhere).toHaveLength(1);
    world.send({ type: "filePaused", fileId: 0 });
    expect(world.others).toMatchObject([{ busy: 0 }]);
    expect(partsOnTheirWay(world.state)).toBe(0);
    expect(world.multipart(0).partSize).toBe(8 * mib);
  });
});
