import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect } from "vitest";
import { elements, field } from "../xml";
import { type Command, command, expectAnswer, madeVersion, type Real } from "./command";
import { key, version, which } from "./draws";
import type { BucketModel } from "./model";
import { writeCondition } from "./object-commands";

const versioning = command(
  "versioning",
  fc.record({ which, status: fc.constantFrom("Enabled", "Suspended") }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const body = `<VersioningConfiguration><Status>${given.status}</Status></VersioningConfiguration>`;
    expectAnswer(await real.send("PUT", bucket, undefined, { query: { versioning: "" }, body }), 200);
    bucket.versioning = given.status;
  },
);

const remove = command(
  "remove",
  fc.record({ which, key, condition: fc.constantFrom("none", "none", "none", "same", "other", "any") }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const { headers, refusal } = writeCondition(given.condition, bucket.head(given.key));
    const answer = await real.send("DELETE", bucket, given.key, { headers });
    if (refusal) return expectAnswer(answer, ...refusal);
    expectAnswer(answer, 204);
    expect(answer.headers["x-amz-delete-marker"]).toBe(bucket.versioning && "true");
    bucket.remove(given.key, madeVersion(answer, bucket, given.key));
  },
);

const removeVersion = command(
  "removeVersion",
  fc.record({ which, key, version: fc.nat(4) }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const { id = "", version: found } = bucket.choose(given.key, given.version);
    const answer = await real.send("DELETE", bucket, given.key, { query: { versionId: id } });
    expectAnswer(answer, 204);
    expect(answer.headers["x-amz-version-id"]).toBe(id);
    expect(answer.headers["x-amz-delete-marker"]).toBe(found && !found.stored ? "true" : undefined);
    bucket.removeVersion(given.key, id);
  },
);

const escaped = (text: string) => text.replace(/[^a-z]/giu, (char) => `&#${char.codePointAt(0)};`);

/** S3 takes no list with a key XML cannot carry. */
const isInXml = (text: string) => !text.includes("\u0001");

type Target = { key: string; id: string | undefined };

async function postRemovals(bucket: BucketModel, real: Real, targets: readonly Target[]) {
  const objects = targets.map(({ key: name, id }) => {
    const named = id === undefined ? "" : `<VersionId>${id}</VersionId>`;
    return `<Object><Key>${escaped(name)}</Key>${named}</Object>`;
  });
  const body = `<Delete>${objects.join("")}</Delete>`;
  const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
  return real.send("POST", bucket, undefined, { query: { delete: "" }, headers, body });
}

async function sendRemovals(bucket: BucketModel, real: Real, targets: readonly Target[]) {
  const answer = await postRemovals(bucket, real, targets);
  expectAnswer(answer, 200);
  const outcomes = elements(answer.body.toString(), "Deleted|Error");
  expect(outcomes.map(({ name, inner }) => [name, field(inner, "Key"), field(inner, "VersionId")])).toEqual(
    targets.map(({ key: name, id }) => ["Deleted", name, id ?? ""]),
  );
  return outcomes;
}

const removeSeveral = command(
  "removeSeveral",
  fc.record({
    which,
    targets: fc.uniqueArray(fc.record({ key, version }), { minLength: 1, maxLength: 4, selector: (one) => one.key }),
  }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const targets = given.targets.map((one) => ({ key: one.key, ...bucket.choose(one.key, one.version) }));
    if (!targets.every((target) => isInXml(target.key))) {
      expectAnswer(await postRemovals(bucket, real, targets), 400, "MalformedXML");
      return;
    }
    const outcomes = await sendRemovals(bucket, real, targets);
    for (const [i, { key: name, id, version: found }] of targets.entries()) {
      const inner = outcomes[i]?.inner ?? "";
      const marker = field(inner, "DeleteMarkerVersionId");
      const isMarker = id === undefined ? bucket.versioning !== undefined : found !== undefined && !found.stored;
      expect(field(inner, "DeleteMarker")).toBe(isMarker ? "true" : "");
      if (id !== undefined) bucket.removeVersion(name, id);
      else bucket.remove(name, marker === "" ? "null" : marker);
    }
  },
);

export const versionCommands: readonly fc.Arbitrary<Command>[] = [
  ...[versioning, versioning, remove, remove, removeVersion, removeVersion, removeSeveral],
];

/** Empties a bucket and deletes it, with the uploads that are left in it. */
export async function removeAll(bucket: BucketModel, real: Real): Promise<void> {
  const targets = [...bucket.keys].flatMap(([name, versions]) => versions.map(({ id }) => ({ key: name, id })));
  if (targets.length > 0) {
    expectAnswer(await real.send("DELETE", bucket, undefined), 409, "BucketNotEmpty");
    const listed = targets.filter((target) => isInXml(target.key));
    if (listed.length > 0) await sendRemovals(bucket, real, listed);
    for (const { key: name, id } of targets.filter((target) => !isInXml(target.key)))
      expectAnswer(await real.send("DELETE", bucket, name, { query: { versionId: id } }), 204);
  }
  expectAnswer(await real.send("DELETE", bucket, undefined), 204);
}
