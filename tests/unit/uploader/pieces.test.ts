import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "@/lib/errors";
import { backoffMs, maxWait, pollMs } from "@/lib/uploader/state/backoff";
import type { UploaderEvent } from "@/lib/uploader/state/events";
import { messageOf } from "@/lib/uploader/state/failure-messages";
import { classifyFailure, failure, failureCodes, failureOfCall } from "@/lib/uploader/state/failures";
import { messageOfNote, noteOf } from "@/lib/uploader/state/notes";
import { emptyQueue, type Queue, shifted, withPushed } from "@/lib/uploader/state/queue";
import {
  emptyVector,
  itemAt,
  itemsOf,
  type Vector,
  withAppended,
  withItem,
  withItemInPlace,
} from "@/lib/uploader/state/vector";
import { progressOf } from "@/lib/uploader/steps/progress";
import { encodedForm, formOf } from "@/lib/uploader/transport/form";
import { callFailureOf } from "@/lib/uploader/transport/server";
import { outcomeOf } from "@/lib/uploader/transport/transport";
import { newFile, policyOf, World } from "./world/world";

describe("backoff", () => {
  it("doubles its ceiling up to a cap, spreads over all of it, and never is a busy loop", () => {
    for (let failures = 1; failures < 40; failures += 1) {
      const ceiling = Math.min(maxWait.capMs, maxWait.baseMs * 2 ** (failures - 1));
      expect(backoffMs(failures, 0)).toBe(maxWait.floorMs);
      expect(backoffMs(failures, 0.999999)).toBeCloseTo(maxWait.floorMs + ceiling, -2);
    }
  });

  it("is never shorter than Retry-After, and slower after SlowDown", () => {
    expect(backoffMs(1, 0, { retryAfterSeconds: 30 })).toBe(30_000);
    expect(backoffMs(1, 0.5, { slow: true })).toBeGreaterThan(backoffMs(1, 0.5));
    expect(pollMs(0, 0.5)).toBe(maxWait.pollFirstMs);
    expect(pollMs(99, 0.5)).toBe(maxWait.pollCapMs);
  });
});

describe("what a storage answers", () => {
  const verdict = (status: number, code: string | null, message = "", mayBeExpired = false) =>
    classifyFailure({ kind: "answer", status, code, message, retryAfterSeconds: null }, mayBeExpired);

  it.each([
    [400, "EntityTooLarge", "stop", "too-large"],
    [400, "EntityTooSmall", "stop", "refused"],
    [400, "KeyTooLongError", "stop", "bad-path"],
    [403, "AccessDenied", "suspect", "access-denied"],
    [403, null, "suspect", "access-denied"],
    [403, "QuotaExceeded", "stop", "quota"],
    [507, null, "stop", "quota"],
    [413, null, "stop", "too-large"],
    [400, "MalformedPOSTRequest", "stop", "refused"],
    [501, "NotImplemented", "stop", "refused"],
    [403, "SignatureDoesNotMatch", "renew", "policy-refused"],
    [403, "InvalidAccessKeyId", "renew", "policy-refused"],
    [400, "ExpiredToken", "renew", "policy-expired"],
    [403, "RequestTimeTooSkewed", "renew", "policy-expired"],
    [404, "NoSuchBucket", "halt", "no-bucket"],
    [500, "InternalError", "retry", "server"],
    [502, null, "retry", "server"],
    [503, "SlowDown", "retry", "slow"],
    [503, null, "retry", "slow"],
    [429, null, "retry", "slow"],
    [400, "RequestTimeout", "retry", "network"],
    [200, "InternalError", "retry", "network"],
  ])("%i %s → %s, %s", (status, code, action, why) => {
    expect(verdict(status, code)).toMatchObject({ action, failure: { code: why }, slow: why === "slow" });
  });

  it("is an expired policy when it says so, or when the clock says so and the storage only denies", () => {
    const says = "Invalid according to Policy: Policy expired.";
    expect(verdict(403, "AccessDenied", says)).toMatchObject({ action: "renew", failure: { code: "policy-expired" } });
    expect(verdict(403, "AccessDenied", "", true)).toMatchObject({ action: "renew" });
  });

  it("is read from S3's XML, in a 200, too", () => {
    const xml = "<?xml version='1.0'?>\n<Error><Code>SlowDown</Code><Message>Please reduce</Message></Error>";
    const failed = { kind: "answer", code: "SlowDown", message: "Please reduce" };
    expect(outcomeOf(503, xml, "4")).toEqual({ failure: { ...failed, status: 503, retryAfterSeconds: 4 } });
    expect(outcomeOf(200, xml, null).failure).toMatchObject({ status: 200, code: "SlowDown" });
    expect(outcomeOf(204, "", null).failure).toBeNull();
    expect(outcomeOf(201, "<PostResponse><Key>a</Key></PostResponse>", null).failure).toBeNull();
    expect(outcomeOf(502, "<html>Bad gateway</html>", "soon").failure).toMatchObject({
      code: null,
      retryAfterSeconds: null,
    });
  });
});

describe("failure messages", () => {
  it("say for every failure what happened and what is to be done, in sentences", () => {
    for (const code of failureCodes) {
      const { title, advice } = messageOf(failure(code));
      for (const text of [title, advice]) {
        expect(text, code).toMatch(/^[A-Z].{9,}[.]$/);
        expect(text, code).not.toMatch(/undefined|null|NaN|HTTP|4\d\d|5\d\d/);
      }
    }
  });

  it("say of files that are not pictures what becomes of them, and refuse none", () => {
    const notes = ["a.jpg", "b.JPEG", "IMG_1.HEIC", "c.heif", "d.pdf", "e", "jpg/f", ".png", "g.NEF", "h.dng"].map(
      noteOf,
    );
    expect(notes).toEqual([null, null, "heic", "heic", "no-preview", "no-preview", "no-preview", null, null, null]);
    for (const note of ["heic", "no-preview"] as const)
      expect(messageOfNote(note).advice).toMatch(/^Uploaded and kept unchanged/);
    const world = new World();
    world.add(newFile("IMG_1.HEIC"), newFile("b.jpg"));
    expect(world.files().map(({ state, note }) => [state, note])).toEqual([
      ["queued", "heic"],
      ["queued", null],
    ]);
  });

  it("have the site's own message as title, and the storage's code only beside ours", () => {
    const said = failureOfCall(callFailureOf(new AppError("CONFLICT", "This upload is sealed already.")));
    expect(messageOf(said).title).toBe("This upload is sealed already.");
    const paused = failureOfCall(callFailureOf(new AppError("READ_ONLY", "This database is a copy.")));
    expect(messageOf(paused)).toEqual({
      title: "Uploading is paused on this site.",
      advice: "This database is a copy.",
    });
    expect(messageOf(failure("refused", "NotImplemented")).title).toBe(
      "The storage refused this file. (NotImplemented)",
    );
    expect(failureOfCall(callFailureOf(new TypeError("Failed to fetch")))).toEqual(failure("site-unavailable"));
    expect(messageOf(failureOfCall(callFailureOf(new AppError("NOT_FOUND", "x")))).title).toMatch(/no longer exists/);
  });
});

/** A form's line ends are all CRLF once it is sent. */
function linesOf(value: FormDataEntryValue): FormDataEntryValue {
  return typeof value === "string" ? value.replace(/\r\n|\r|\n/g, "\r\n") : value;
}

describe("the form", () => {
  const request = (key: string) => ({
    policy: { ...policyOf(), fields: { ...policyOf().fields, "content-type": "x/y" } },
    key,
    contentType: "image/jpeg",
    sha256: null,
    file: new File(["bytes"], 'Ünï "quoted".jpg'),
  });

  it("has the policy's fields, the whole key and the type before the file, which is last", () => {
    const form = formOf(request("p/a/b.jpg"));
    const entries = [...form.entries()];
    expect(entries.map(([name]) => name)).toEqual([
      "policy",
      "x-amz-date",
      "x-amz-signature",
      "key",
      "Content-Type",
      "file",
    ]);
    expect(Object.fromEntries(entries)).toMatchObject({ key: "p/a/b.jpg", "Content-Type": "image/jpeg" });
    expect((form.get("file") as File).name).toBe("file");
  });

  it("keeps a path that contains S3's variable as it is", () => {
    const name = "$" + "{filename}";
    expect((formOf(request(`p/${name}/x`)).get("file") as File).name).toBe(name);
  });

  it("is the same encoded from bytes, whatever is in the path and in the file", async () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new TextEncoder().encode("\r\n--x--\r\n")));
    const name = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom('a "quoted" name', "$" + "{filename}", "%22", "a\\b"),
    );
    const sha256 = fc.constantFrom(null, "ab".repeat(32));
    await fc.assert(
      fc.asyncProperty(bytes, name, sha256, async (file, path, digest) => {
        const withDigest = { ...request(`p/${path}`), sha256: digest };
        const { body, contentType } = encodedForm(withDigest, file);
        const read = await new Response(body, { headers: { "content-type": contentType } }).formData();
        const expected = [...formOf(withDigest).entries()]
          .slice(0, -1)
          .map(([field, value]) => [field, linesOf(value)]);
        expect([...read.entries()].slice(0, -1)).toEqual(expected);
        const sent = read.get("file") as File;
        expect(sent.name).toBe((formOf(withDigest).get("file") as File).name);
        expect(new Uint8Array(await sent.arrayBuffer())).toEqual(new Uint8Array(file));
      }),
    );
  });

  it("has another boundary each time", () => {
    const types = Array.from({ length: 100 }, () => encodedForm(request("p/a"), new Uint8Array()).contentType);
    expect(new Set(types).size).toBe(100);
    // Longer values cause a preflight: https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    for (const type of types) expect(type.length).toBeLessThanOrEqual(128);
  });
});

describe("the vector", () => {
  it("is a list whose versions stay as they were", () => {
    const change = fc.oneof(
      fc.record({ add: fc.array(fc.nat(), { maxLength: 700 }) }),
      fc.record({ at: fc.nat(), put: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        let vector: Vector<number> = emptyVector;
        let list: number[] = [];
        for (const one of changes) {
          const [before, copy] = [vector, list.slice()];
          const own = new WeakSet();
          if ("add" in one) {
            vector = withAppended(vector, one.add);
            list = list.concat(one.add);
          } else if (list.length > 0) {
            const index = one.at % list.length;
            vector = withItem(vector, index, one.put);
            vector = withItemInPlace(vector, (index + 1) % list.length, one.put, own);
            vector = withItemInPlace(vector, index, one.put + 1, own);
            list = list.with((index + 1) % list.length, one.put).with(index, one.put + 1);
          }
          expect([...itemsOf(before)]).toEqual(copy);
          expect([...itemsOf(vector)]).toEqual(list);
          expect(vector.size).toBe(list.length);
        }
        expect(() => itemAt(vector, list.length)).toThrow(RangeError);
        expect(() => itemAt(vector, -1)).toThrow(RangeError);
      }),
    );
  });
});

describe("progress", () => {
  it("returns speed and remaining time from the last seconds", () => {
    const world = new World();
    world.add(...Array.from({ length: 6 }, (_, index) => newFile(`f${index}`, 10_000)));
    world.open();
    for (let second = 1; second <= 5; second += 1) {
      world.at += 1_000;
      world.send({ type: "progressed", fileId: 0, run: 1, sentBytes: second * 1_000 });
    }
    expect(progressOf(world.state)).toMatchObject({
      bytesPerSecond: 1_000,
      secondsLeft: 55,
      sentBytes: 5_000,
      filesDone: 0,
      filesPlanned: 6,
      ratio: 5_000 / 60_000,
    });
    const denied = {
      kind: "answer",
      status: 403,
      code: "AccessDenied",
      message: null,
      retryAfterSeconds: null,
    } as const;
    const tooLarge = { ...denied, status: 400, code: "EntityTooLarge" };
    world.send({ type: "postFailed", fileId: 1, run: 1, generation: 1, failure: tooLarge });
    expect(world.state).toMatchObject({ counts: { failed: 1 }, bytes: { failed: 10_000 } });
    // Failed files take no time.
    expect(progressOf(world.state).secondsLeft).toBe(45);
  });

  it("touches one chunk of 50,000 files for an event, and none for one that changes nothing", () => {
    const world = new World();
    world.add(...Array.from({ length: 50_000 }, (_, index) => newFile(`f${index}`)));
    world.open();
    const touchedBy = (event: UploaderEvent) => {
      const before = world.state.files.chunks;
      world.send(event);
      return world.state.files.chunks.filter((chunk, index) => chunk !== before[index]).length;
    };
    expect(touchedBy({ type: "progressed", fileId: 3, run: 1, sentBytes: 50 })).toBe(1);
    expect(touchedBy({ type: "progressed", fileId: 3, run: 1, sentBytes: 50 })).toBe(0);
    expect(touchedBy({ type: "posted", fileId: 3, run: 1 })).toBe(1);
    expect(touchedBy({ type: "progressed", fileId: 3, run: 1, sentBytes: 60 })).toBe(0);
    expect(world.state.files.chunks.length).toBeGreaterThan(100);
  });
});

describe("the queue", () => {
  it("returns what was put into it, in order, whatever is taken in between, and stays as it was", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat()), { maxLength: 60 }), (steps) => {
        let queue: Queue<number> = emptyQueue;
        const list: number[] = [];
        for (const item of steps) {
          const before = queue.size;
          if (item === null) {
            const first = shifted(queue);
            expect(first?.item).toBe(list.shift());
            // A second look at the same queue sees the same.
            expect(shifted(queue)?.item).toBe(first?.item);
            queue = first?.rest ?? queue;
          } else {
            queue = withPushed(queue, item);
            list.push(item);
            expect(queue.size).toBe(before + 1);
          }
          expect(queue.size).toBe(list.length);
        }
      }),
    );
  });
});
