import type fc from "fast-check";
import { expect } from "vitest";
import type { Answer, Caller, CallOptions } from "../durability/caller";
import { field } from "../xml";
import type { BucketModel, Model } from "./model";

/** The store under test, as one may speak to it. */
export class Real {
  constructor(readonly caller: Caller) {}

  send(method: string, bucket: BucketModel, key: string | undefined, options: CallOptions = {}): Promise<Answer> {
    return this.caller.send(method, key === undefined ? bucket.name : addressOf(bucket, key), options);
  }
}

/** `bucket/key`, percent-encoded. */
export function addressOf(bucket: BucketModel, key: string): string {
  return `${bucket.name}/${key.split("/").map(encode).join("/")}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export type Command = fc.AsyncCommand<Model, Real>;

/** A kind of step: drawn by fast-check, done to the store, and held against the model, which then follows. */
export function command<T>(
  name: string,
  given: fc.Arbitrary<T>,
  act: (given: T, model: Model, real: Real) => Promise<void>,
): fc.Arbitrary<Command> {
  return given.map((drawn) => ({
    check: () => true,
    run: (model: Model, real: Real) => act(drawn, model, real),
    toString: () => `${name}(${JSON.stringify(drawn)})`,
  }));
}

/** Expects a status, and the code of S3 of an error (which HEAD does not carry). */
export function expectAnswer(answer: Answer, status: number, code?: string): void {
  const found = answer.body.length > 0 ? field(answer.body.toString(), "Code") : code;
  if (code === undefined)
    expect({ status: answer.status, body: status === answer.status ? "" : found }).toEqual({ status, body: "" });
  else expect({ status: answer.status, code: found }).toEqual({ status, code });
}

/** The id of a version just made: none without versioning, `null` while it is suspended, else a new one. */
export function madeVersion(answer: Answer, bucket: BucketModel, key: string): string {
  const id = answer.headers["x-amz-version-id"]?.toString();
  if (bucket.versioning === "Enabled") {
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(bucket.versions(key).map((version) => version.id)).not.toContain(id);
  } else expect(id).toBe(bucket.versioning && "null");
  return id ?? "null";
}
