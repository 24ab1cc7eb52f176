import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { HashAnswer, HashMessage } from "@/lib/uploader/hash/hash-messages";
import { crc64nvmeOf } from "@/lib/uploader/hash/hashing";
import { until } from "@/tests/support/until";

type Scope = { onmessage: (event: { data: HashMessage }) => void; postMessage: (answer: HashAnswer) => void };
const scope = globalThis as unknown as Scope;
let answers: HashAnswer[] = [];

beforeAll(async () => {
  vi.stubGlobal("postMessage", (answer: HashAnswer) => answers.push(answer));
  await import("@/lib/uploader/hash/hash-worker");
});
afterEach(() => {
  answers = [];
});
afterAll(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(globalThis, "onmessage");
});

const ask = (data: HashMessage) => scope.onmessage({ data });
const crcJob = (id: number, body: Blob) => ask({ id, kind: "crc64nvme", body, md5: false });
const answered = () => answers.map(({ id }) => id);

/** A part that is read when it is let. */
class Gate {
  isOpen = false;
  readonly part = new Blob(["part"]);
  #release: () => void = () => undefined;

  constructor() {
    const released = new Promise<void>((release) => {
      this.#release = release;
    });
    const stream = this.part.stream.bind(this.part);
    this.part.stream = () => {
      this.isOpen = true;
      return stream().pipeThrough(
        new TransformStream({
          async transform(chunk, controller) {
            await released;
            controller.enqueue(chunk);
          },
        }),
      );
    };
  }

  releaseFile(): void {
    this.#release();
  }
}

describe("the worker", () => {
  it("hashes two parts at a time, in their order, and other files beside them", async () => {
    const gates = Array.from({ length: 5 }, () => new Gate());
    for (const [index, { part }] of gates.entries()) crcJob(index + 1, part);
    ask({ id: 9, kind: "digests", body: new Blob(["small"]), md5: true });
    await until(() => expect(answered()).toEqual([9]));
    expect(gates.map(({ isOpen }) => isOpen)).toEqual([true, true, false, false, false]);
    gates[0]?.releaseFile();
    await until(() => expect(answered()).toEqual([9, 1]));
    await until(() => expect(gates.map(({ isOpen }) => isOpen)).toEqual([true, true, true, false, false]));
    for (const gate of gates) gate.releaseFile();
    await until(() => expect(answers).toHaveLength(6));
    const crc = await crc64nvmeOf(new Blob(["part"]));
    for (const answer of answers.slice(1)) expect(answer).toMatchObject({ value: crc });
  });

  it("skips jobs canceled while they waited, and continues after a file that cannot be read", async () => {
    const [first, second, third] = [new Gate(), new Gate(), new Gate()];
    const broken = new Blob(["gone"]);
    broken.stream = () => {
      throw new DOMException("It is not there any more.", "NotReadableError");
    };
    crcJob(1, first.part);
    crcJob(2, second.part);
    crcJob(3, third.part);
    crcJob(4, broken);
    crcJob(5, new Blob(["last"]));
    ask({ cancel: 3 });
    first.releaseFile();
    second.releaseFile();
    await until(() => expect(answers).toHaveLength(5));
    const errors = answers.filter((answer) => "error" in answer);
    expect(errors).toMatchObject([
      { id: 3, error: { name: "AbortError" } },
      { id: 4, error: { name: "NotReadableError" } },
    ]);
    expect(third.isOpen).toBe(false);
  });
});
