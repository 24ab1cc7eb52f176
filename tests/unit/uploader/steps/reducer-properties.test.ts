import fc from "fast-check";
import { expect, it } from "vitest";
import { choicesFor, conflictChoices, uploadPolicy } from "@/lib/upload/policy";
import type { TimerName, UploaderEvent } from "@/lib/uploader/state/events";
import { failure } from "@/lib/uploader/state/failures";
import { awaitsDecision, isDead, type OthersChoice, outstanding, type UploaderState } from "@/lib/uploader/state/state";
import { checkInvariants } from "../world/invariants";
import { mib } from "../world/samples";
import { callFailures, oneOf, postFailures, Simulation } from "../world/simulation";
import { newFile, openedOf, policyOf, statusOf, uploadId } from "../world/world";

type Act = {
  readonly person: number;
  readonly pick: number;
  readonly simulation: number | null;
  readonly wait: number;
};

const act: fc.Arbitrary<Act> = fc.record({
  person: fc.nat(49),
  pick: fc.nat(1_000),
  simulation: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(1_000) }),
  wait: fc.oneof(fc.constant(0), fc.nat(20_000), fc.constant(400_000)),
});

/** Mostly nothing: the person watches. */
function personDoes({ person, pick }: Act, size: number): UploaderEvent[] {
  const fileId = size === 0 ? 0 : pick % size;
  const files = [newFile(`more-${pick}`, pick % 3 === 0 ? 40 * mib : 50), newFile("refused", 0, failure("bad-path"))];
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
    10: [{ type: "paused" }],
    11: [{ type: "unpaused" }],
    12: [{ type: "filePaused", fileId }],
    13: [{ type: "fileResumed", fileId }],
    14: [{ type: "conflictChosen", choice: oneOf([...conflictChoices], pick) }],
    15: [{ type: "shareChanged", connections: pick % 9 }],
    16: [{ type: "othersConflictChosen", choice: oneOf([...choicesFor(false)], pick) as OthersChoice }],
  };
  return table[person] ?? [];
}

/** Lets all effects succeed until none is left. */
function runOut(simulation: Simulation): void {
  let steps = 0;
  while (simulation.happen(steps, null)) {
    simulation.world.at += 100;
    steps += 1;
    expect(steps).toBeLessThan(5_000);
  }
}

/** Does what the screen offers where the upload waits for the person; false where it offers nothing. */
function moveOn(simulation: Simulation): boolean {
  const { state } = simulation.world;
  const left = outstanding(state);
  if (state.phase === "aborted" || state.phase === "done" || isDead(state)) return false;
  if (state.halted) simulation.send({ type: state.halted.code === "unreachable" ? "wentOnline" : "triedAgain" });
  else if (state.paused && left > 0) simulation.send({ type: "unpaused" });
  else if (state.conflicts.others > 0) simulation.send({ type: "othersConflictChosen", choice: "both" });
  else if (state.counts.conflict > 0) simulation.send({ type: "conflictChosen", choice: "both" });
  else if (state.counts.paused > 0)
    for (const { id } of simulation.world.files()) simulation.send({ type: "fileResumed", fileId: id });
  else return false;
  return true;
}

function endOf(state: UploaderState): string {
  if (isDead(state)) return "dead";
  if (state.halted) return "halted";
  if (awaitsDecision(state)) return "decision";
  return state.resumed && state.files.size === 0 && state.phase === "uploading" ? "no files" : state.phase;
}

it("never loses a file, never exceeds the budget and always ends, whatever happens in whatever order", () => {
  const ends = new Set<string>();
  fc.assert(
    fc.property(fc.nat(25), fc.array(act, { maxLength: 150 }), fc.boolean(), fc.nat(9), (count, acts, hashes, kind) => {
      const simulation = new Simulation(hashes);
      const { world } = simulation;
      if (kind === 0) simulation.send({ type: "resumeRequested", uploadId });
      simulation.send({ type: "walkStarted" });
      const files = Array.from({ length: count }, (_, index) =>
        newFile(`f${index}`, index % 5 === kind ? (17 + 8 * index) * mib : 10 + index),
      );
      simulation.send({ type: "filesAdded", files, system: 0, twice: 0 });
      if (kind === 1) simulation.send({ type: "paused" });
      simulation.send({ type: "walkEnded" });
      let size = count;
      for (const one of acts) {
        world.at += one.wait;
        world.random = (one.pick % 100) / 100;
        for (const event of personDoes(one, size)) simulation.send(event);
        simulation.happen(one.pick, one.simulation);
        checkInvariants(simulation);
        expect(world.state.files.size).toBeGreaterThanOrEqual(size);
        size = world.state.files.size;
      }
      // From here on nothing fails: the upload ends by itself, or by what the screen offers.
      runOut(simulation);
      const { state } = world;
      if (state.halted) ends.add("halted");
      for (let rounds = 0; moveOn(simulation); rounds += 1) {
        expect(rounds).toBeLessThan(10);
        runOut(simulation);
      }
      checkInvariants(simulation);
      const end = endOf(world.state);
      ends.add(end);
      expect(["decision", "dead", "idle", "no files", "done", "aborted"]).toContain(end);
      if (end !== "dead") expect(outstanding(world.state)).toBe(0);
    }),
    { numRuns: 500 },
  );
  // The test must reach every kind of end.
  expect([...ends]).toEqual(expect.arrayContaining(["done", "halted", "decision", "aborted"]));
});

it("ends even if everything fails forever", () => {
  fc.assert(
    fc.property(fc.nat(postFailures.length - 1), fc.nat(callFailures.length - 1), fc.nat(5), (post, call, when) => {
      const simulation = new Simulation();
      simulation.world.add(newFile("a"), newFile("b"), newFile("c", 20 * mib));
      simulation.waiting = simulation.world.take("open");
      for (let good = 0; good < when; good += 1) simulation.happen(0, null);
      let steps = 0;
      const isPost = () => simulation.waiting[0]?.type === "post" || simulation.waiting[0]?.type === "part";
      const isLock = () => simulation.waiting[0]?.type === "own";
      while (simulation.happen(0, isLock() ? null : isPost() ? post : call)) {
        simulation.world.at += 2_000;
        steps += 1;
        expect(steps).toBeLessThan(20_000);
      }
      checkInvariants(simulation);
    }),
    { numRuns: 100 },
  );
});

it("takes any event at any time without harm", () => {
  const anyEvent: fc.Arbitrary<UploaderEvent> = fc.oneof(
    fc.record({
      type: fc.constant("timerFired" as const),
      timer: fc.constantFrom<TimerName>(
        "probe",
        "policy:due",
        "policy:expired",
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
    fc.constant<UploaderEvent>({ type: "opened", upload: openedOf(), requestedAt: 0 }),
    fc.constant<UploaderEvent>({ type: "renewed", policy: policyOf(), requestedAt: 0 }),
    fc
      .constantFrom("open", "sealed", "verified", "aborted")
      .map((state): UploaderEvent => ({ type: "statusRead", status: statusOf(state as "open") })),
    fc.constant<UploaderEvent>({ type: "filesAdded", files: [newFile("x")], system: 0, twice: 0 }),
  );
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      const simulation = new Simulation();
      for (const event of events) {
        simulation.send(event);
        const { counts, files } = simulation.world.state;
        expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(files.size);
        expect(counts.posting).toBeLessThanOrEqual(uploadPolicy.parallelPosts);
      }
    }),
    { numRuns: 300 },
  );
});
