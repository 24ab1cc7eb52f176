import fc from "fast-check";
import { expect, it } from "vitest";
import { plannedBytesOf, sentBytesOf } from "@/lib/upload/client/draft";
import type { Effect, TimerName, UploaderEvent } from "@/lib/upload/client/events";
import { type CallFailure, failure, type PostFailure } from "@/lib/upload/client/failures";
import { awaitsDecision, fileStates, outstanding } from "@/lib/upload/client/state";
import { uploadPolicy } from "@/lib/upload/policy";
import { newFile, openedOf, policyOf, statusOf, World } from "./world";

const answer = (status: number, code: string | null): PostFailure => ({
  kind: "answer",
  status,
  code,
  message: code === "AccessDenied" ? "Invalid according to Policy: Policy expired." : null,
  retryAfterSeconds: code === "SlowDown" ? 3 : null,
});
const postFailures: PostFailure[] = [
  { kind: "network" },
  answer(500, "InternalError"),
  answer(503, "SlowDown"),
  answer(400, "EntityTooLarge"),
  answer(403, "AccessDenied"),
  answer(403, "SignatureDoesNotMatch"),
  answer(404, "NoSuchBucket"),
  answer(403, null),
];
const callFailures: CallFailure[] = (["NETWORK", "UNAVAILABLE", "NOT_FOUND", "CONFLICT", "INTERNAL"] as const).map(
  (code) => ({ code, message: null, retryAfterSeconds: null }),
);

/** A place where effects wait for their outcome, as they do in a browser: in any order, with any luck. */
class Luck {
  readonly world = new World();
  waiting: Effect[] = [];
  readonly timers = new Set<TimerName>();

  send(event: UploaderEvent): void {
    for (const effect of this.world.send(event)) {
      if (effect.type === "timer") this.timers.add(effect.timer);
      else if (effect.type === "noTimer") this.timers.delete(effect.timer);
      else if (effect.type === "stopAll") {
        this.timers.clear();
        this.waiting = this.waiting.filter((one) => one.type !== "post");
      } else if (effect.type === "stopPost")
        this.waiting = this.waiting.filter((one) => one.type !== "post" || one.fileId !== effect.fileId);
      else if (effect.type !== "letGo") this.waiting.push(effect);
    }
  }

  /** One thing happens: a timer rings or an effect ends, well (`luck` null) or not. */
  happen(pick: number, luck: number | null): boolean {
    const choices = this.waiting.length + this.timers.size;
    if (choices === 0) return false;
    const index = pick % choices;
    const effect = this.waiting[index];
    if (effect) {
      this.waiting.splice(index, 1);
      this.send(outcomeOf(effect, this.world, luck));
    } else {
      const timer = [...this.timers][index - this.waiting.length] as TimerName;
      this.timers.delete(timer);
      this.send({ type: "rang", timer });
    }
    return true;
  }
}

function outcomeOf(effect: Effect, world: World, luck: number | null): UploaderEvent {
  if (effect.type === "post") {
    const { fileId, run, generation } = effect;
    if (luck === null) return { type: "posted", fileId, run };
    if (luck % 10 === 9) return { type: "changed", fileId, run, look: { sizeBytes: 7, lastModified: luck } };
    return { type: "postFailed", fileId, run, generation, failure: oneOf(postFailures, luck) };
  }
  if (effect.type === "look") {
    const { fileId, run } = effect;
    const { sizeBytes, lastModified } = world.file(fileId);
    const changed = luck === null ? null : luck % 3;
    if (changed === 0) return { type: "looked", fileId, run, look: null };
    return { type: "looked", fileId, run, look: { sizeBytes, lastModified: lastModified + (changed ?? 0) } };
  }
  if (effect.type === "open" && luck === null) return { type: "opened", upload: openedOf(), askedAt: world.at };
  if (effect.type === "renew" && luck === null) return { type: "renewed", policy: policyOf(), askedAt: world.at };
  if (effect.type === "seal" && luck === null) return { type: "sealed" };
  if (effect.type === "abort" && luck === null) return { type: "aborted" };
  if (effect.type === "status" && luck === null) return { type: "statusRead", status: statusOf("verified") };
  const call = effect.type as "open" | "renew" | "seal" | "status" | "abort";
  return { type: "callFailed", call, failure: oneOf(callFailures, luck ?? 0) };
}

function oneOf<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T;
}

function checkInvariants({ world, waiting }: Luck): void {
  const { state } = world;
  const files = world.files();
  for (const name of fileStates)
    expect(state.counts[name], name).toBe(files.filter((file) => file.state === name).length);
  expect(state.bytes.planned).toBe(files.reduce((sum, file) => sum + plannedBytesOf(file), 0));
  expect(state.bytes.sent).toBe(files.reduce((sum, file) => sum + sentBytesOf(file), 0));
  expect(state.counts.posting).toBeLessThanOrEqual(uploadPolicy.parallelPosts);
  const posts = waiting.filter((effect) => effect.type === "post");
  expect(posts.length).toBeLessThanOrEqual(uploadPolicy.parallelPosts);
  // Nothing is lost: whatever is queued can be found by the scheduler, whatever is being posted has its post.
  for (const file of files) {
    if (file.state === "queued") expect(file.id >= state.nextFresh || state.again.includes(file.id)).toBe(true);
    if (file.state === "posting")
      expect(posts.some((post) => post.fileId === file.id && post.run === file.run)).toBe(true);
    if (file.state === "failed" || file.state === "refused") expect(file.failure).not.toBeNull();
  }
  const atOnce = (type: Effect["type"]) => waiting.filter((effect) => effect.type === type).length;
  for (const call of ["open", "renew", "seal"] as const) expect(atOnce(call), call).toBeLessThanOrEqual(1);
}

type Act = { readonly person: number; readonly pick: number; readonly luck: number | null; readonly wait: number };

const act: fc.Arbitrary<Act> = fc.record({
  person: fc.nat(39),
  pick: fc.nat(1_000),
  luck: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(1_000) }),
  wait: fc.oneof(fc.constant(0), fc.nat(20_000), fc.constant(400_000)),
});

/** Most of the time the person watches. */
function personDoes({ person, pick }: Act, size: number): UploaderEvent[] {
  const fileId = size === 0 ? 0 : pick % size;
  const files = [newFile(`more-${pick}`, 50), newFile("refused", 0, failure("empty"))];
  const table: Record<number, UploaderEvent[]> = {
    0: [{ type: "fileCanceled", fileId }],
    1: [{ type: "fileRetried", fileId }],
    2: [{ type: "failedRetried" }],
    3: [{ type: "finished" }],
    4: pick % 7 === 0 ? [{ type: "allCanceled" }] : [],
    5: [{ type: "triedAgain" }],
    6: [{ type: "wentOffline" }],
    7: [{ type: "wentOnline" }],
    8: [{ type: "walkStarted" }, { type: "filesAdded", files, system: 1, twice: 0 }, { type: "walkEnded" }],
    9: [{ type: "fileReplaced", fileId, sizeBytes: pick % 90, lastModified: 2, contentType: "a/b" }],
  };
  return table[person] ?? [];
}

it("never loses a file, never exceeds the budget and always ends, whatever happens in whatever order", () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 25 }), fc.array(act, { maxLength: 120 }), (count, acts) => {
      const luck = new Luck();
      const { world } = luck;
      luck.send({ type: "walkStarted" });
      const files = Array.from({ length: count }, (_, index) => newFile(`f${index}`, 10 + index));
      luck.send({ type: "filesAdded", files, system: 0, twice: 0 });
      luck.send({ type: "walkEnded" });
      let size = count;
      for (const one of acts) {
        world.at += one.wait;
        world.random = (one.pick % 100) / 100;
        for (const event of personDoes(one, size)) luck.send(event);
        luck.happen(one.pick, one.luck);
        checkInvariants(luck);
        expect(world.state.files.size).toBeGreaterThanOrEqual(size);
        size = world.state.files.size;
      }
      // From here on nothing goes wrong: it comes to an end by itself.
      let steps = 0;
      while (luck.happen(steps, null)) {
        world.at += 100;
        steps += 1;
        expect(steps).toBeLessThan(2_000);
      }
      checkInvariants(luck);
      const { state } = world;
      const end = state.halted ? "halted" : awaitsDecision(state) ? "decision" : state.phase;
      ends.set(end, (ends.get(end) ?? 0) + 1);
      expect(["halted", "decision", "idle", "done", "aborted"]).toContain(end);
      if (!state.halted) expect(outstanding(state)).toBe(0);
    }),
    { numRuns: 400 },
  );
  // The test is worth something only if it reached every kind of end.
  expect([...ends.keys()]).toEqual(expect.arrayContaining(["done", "halted", "decision", "aborted"]));
});

it("ends even if everything fails forever", () => {
  fc.assert(
    fc.property(fc.nat(postFailures.length - 1), fc.nat(callFailures.length - 1), fc.nat(3), (post, call, when) => {
      const luck = new Luck();
      luck.world.add(newFile("a"), newFile("b"));
      luck.waiting = luck.world.take("open");
      for (let good = 0; good < when; good += 1) luck.happen(0, null);
      let steps = 0;
      const isPost = () => luck.waiting[0]?.type === "post";
      while (luck.happen(0, isPost() ? post : call)) {
        luck.world.at += 2_000;
        steps += 1;
        expect(steps).toBeLessThan(3_000);
      }
      checkInvariants(luck);
    }),
    { numRuns: 100 },
  );
});

it("takes any event at any time without harm", () => {
  const anyEvent: fc.Arbitrary<UploaderEvent> = fc.oneof(
    fc.record({
      type: fc.constant("rang" as const),
      timer: fc.constantFrom<TimerName>(
        "probe",
        "policy:due",
        "policy:over",
        "call:open",
        "call:renew",
        "call:seal",
        "call:status",
        "call:abort",
        "file:0",
        "file:99",
      ),
    }),
    fc.record({
      type: fc.constantFrom(
        "posted" as const,
        "walkStarted" as const,
        "walkEnded" as const,
        "sealed" as const,
        "aborted" as const,
        "triedAgain" as const,
        "failedRetried" as const,
        "finished" as const,
      ),
      fileId: fc.nat(9),
      run: fc.nat(2),
    }),
    fc.record({
      type: fc.constant("progressed" as const),
      fileId: fc.integer(),
      run: fc.nat(2),
      sentBytes: fc.integer(),
    }),
    fc.record({
      type: fc.constant("postFailed" as const),
      fileId: fc.nat(9),
      run: fc.nat(2),
      generation: fc.nat(2),
      failure: fc.constantFrom(...postFailures),
    }),
    fc.record({
      type: fc.constant("callFailed" as const),
      call: fc.constantFrom("open" as const, "renew" as const, "seal" as const, "status" as const, "abort" as const),
      failure: fc.constantFrom(...callFailures),
    }),
    fc.constant<UploaderEvent>({ type: "opened", upload: openedOf(), askedAt: 0 }),
    fc.constant<UploaderEvent>({ type: "renewed", policy: policyOf(), askedAt: 0 }),
    fc
      .constantFrom("open", "sealed", "verified", "aborted")
      .map((state): UploaderEvent => ({ type: "statusRead", status: statusOf(state as "open") })),
    fc.constant<UploaderEvent>({ type: "filesAdded", files: [newFile("x")], system: 0, twice: 0 }),
  );
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      const luck = new Luck();
      for (const event of events) {
        luck.send(event);
        const { counts, files } = luck.world.state;
        expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(files.size);
        expect(counts.posting).toBeLessThanOrEqual(uploadPolicy.parallelPosts);
      }
    }),
    { numRuns: 300 },
  );
});
