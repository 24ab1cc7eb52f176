import fc from "fast-check";
import { expect } from "vitest";
import { addressOf, type Command, command, expectAnswer, madeVersion } from "./command";
import { body, bytesOf, key, version, which } from "./draws";
import { md5, type Stored, type Version } from "./model";

const NO_MD5 = "ffffffffffffffffffffffffffffffff";
const quoted = (etag: string) => `"${etag}"`;

const condition = fc.constantFrom("none", "none", "none", "absent", "same", "other", "any");

/** Headers of a conditional write, and the refusal they lead to. */
export function writeCondition(
  asked: string,
  head: Stored | undefined,
): { headers: Record<string, string>; refusal?: readonly [number, string] } {
  if (asked === "none") return { headers: {} };
  if (asked === "absent")
    return { headers: { "if-none-match": "*" }, ...(head && { refusal: [412, "PreconditionFailed"] as const }) };
  const headers = { "if-match": asked === "any" ? "*" : quoted(asked === "same" ? (head?.etag ?? NO_MD5) : NO_MD5) };
  if (!head) return { headers, refusal: [404, "NoSuchKey"] };
  return { headers, ...(asked === "other" && { refusal: [412, "PreconditionFailed"] as const }) };
}

const put = command(
  "put",
  fc.record({ which, key, body, condition, isTagged: fc.boolean() }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const bytes = bytesOf(given.body);
    const { headers, refusal } = writeCondition(given.condition, bucket.head(given.key));
    const label = `put ${given.body.seed}`;
    const tag = given.isTagged ? `t${given.body.seed}` : undefined;
    const answer = await real.send("PUT", bucket, given.key, {
      headers: { ...headers, "x-amz-meta-label": label, ...(tag !== undefined && { "x-amz-tagging": `t=${tag}` }) },
      body: bytes,
    });
    if (refusal) return expectAnswer(answer, ...refusal);
    expectAnswer(answer, 200);
    expect(answer.headers.etag).toBe(quoted(md5(bytes)));
    bucket.put(given.key, { body: bytes, etag: md5(bytes), label, tag }, madeVersion(answer, bucket, given.key));
  },
);

const range = fc.option(
  fc.record({ from: fc.option(fc.constantFrom(0, 1, 299, 40_000)), to: fc.option(fc.constantFrom(0, 5, 300, 99_999)) }),
  { nil: undefined },
);
type Range = NonNullable<typeof range extends fc.Arbitrary<infer T> ? T : never>;

/** RFC 9110, 14.1.2: the bytes asked for, `undefined` for the whole, "none" for nothing that is there. */
function wanted({ from, to }: Range, sizeBytes: number): [number, number] | "none" | undefined {
  if (from === null) {
    if (to === null) return undefined;
    return to === 0 || sizeBytes === 0 ? "none" : [Math.max(0, sizeBytes - to), sizeBytes - 1];
  }
  if (to !== null && to < from) return undefined;
  return from >= sizeBytes ? "none" : [from, Math.min(to ?? sizeBytes, sizeBytes - 1)];
}

/** What asking for a version that is not to be read leads to. */
function unreadable(found: Version | undefined, isNamed: boolean): readonly [number, string] {
  if (!found) return isNamed ? [404, "NoSuchVersion"] : [404, "NoSuchKey"];
  return isNamed ? [405, "MethodNotAllowed"] : [404, "NoSuchKey"];
}

const get = command(
  "get",
  fc.record({
    ...{ which, key, version, range },
    method: fc.constantFrom("GET", "GET", "HEAD"),
    condition: fc.constantFrom("none", "none", "none", "if-match", "if-none-match"),
    isSame: fc.boolean(),
  }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const { id, version: found } = bucket.choose(given.key, given.version);
    const stored = found?.stored;
    const headers: Record<string, string> = {};
    if (given.range) headers.range = `bytes=${given.range.from ?? ""}-${given.range.to ?? ""}`;
    if (given.condition !== "none") headers[given.condition] = quoted(given.isSame ? (stored?.etag ?? NO_MD5) : NO_MD5);
    const query = id === undefined ? {} : { versionId: id };
    const answer = await real.send(given.method, bucket, given.key, { headers, query });
    if (!found || !stored) {
      expectAnswer(answer, ...unreadable(found, id !== undefined));
      expect(answer.headers["x-amz-delete-marker"]).toBe(found && "true");
      return;
    }
    if (given.condition === "if-match" && !given.isSame) return expectAnswer(answer, 412, "PreconditionFailed");
    if (given.condition === "if-none-match" && given.isSame) return expectAnswer(answer, 304);
    const asked = given.range && wanted(given.range, stored.body.length);
    if (asked === "none") return expectAnswer(answer, 416, "InvalidRange");
    expectAnswer(answer, asked ? 206 : 200);
    const [start, end] = asked ?? [0, stored.body.length - 1];
    expect(answer.headers).toMatchObject({
      etag: quoted(stored.etag),
      "content-length": String(end - start + 1),
      "x-amz-meta-label": stored.label,
    });
    expect(answer.headers["content-range"]).toBe(asked && `bytes ${start}-${end}/${stored.body.length}`);
    expect(answer.headers["x-amz-version-id"]).toBe(bucket.versioning && found.id);
    expect(answer.headers["x-amz-tagging-count"]).toBe(stored.tag === undefined ? undefined : "1");
    if (given.method === "GET") expect(answer.body.equals(stored.body.subarray(start, end + 1))).toBe(true);
  },
);

const copy = command(
  "copy",
  fc.record({
    source: fc.record({ which, key, version }),
    target: fc.record({ which, key }),
    label: fc.option(fc.nat(99), { nil: undefined }),
    condition,
  }),
  async ({ source, target, ...given }, model, real) => {
    const [from, to] = [model.buckets[source.which], model.buckets[target.which]];
    const { id, version: found } = from.choose(source.key, source.version);
    const { headers, refusal } = writeCondition(given.condition, to.head(target.key));
    const isSame = from === to && source.key === target.key && id === undefined && given.label === undefined;
    const answer = await real.send("PUT", to, target.key, {
      headers: {
        ...headers,
        "x-amz-copy-source": `/${addressOf(from, source.key)}${id === undefined ? "" : `?versionId=${id}`}`,
        ...(given.label !== undefined && {
          "x-amz-metadata-directive": "REPLACE",
          "x-amz-meta-label": `copy ${given.label}`,
        }),
      },
    });
    if (!found?.stored) {
      const [status, code] = unreadable(found, id !== undefined);
      return status === 405 ? expectAnswer(answer, 400, "InvalidRequest") : expectAnswer(answer, status, code);
    }
    if (isSame) return expectAnswer(answer, 400, "InvalidRequest");
    if (refusal) return expectAnswer(answer, ...refusal);
    expectAnswer(answer, 200);
    expect(answer.headers["x-amz-copy-source-version-id"]).toBe(from.versioning && found.id);
    const label = given.label === undefined ? found.stored.label : `copy ${given.label}`;
    to.put(target.key, { ...found.stored, label }, madeVersion(answer, to, target.key));
  },
);

const tag = command(
  "tag",
  fc.record({ which, key, version, value: fc.option(fc.nat(99), { nil: undefined }) }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const { id, version: found } = bucket.choose(given.key, given.version);
    const query = { tagging: "", ...(id !== undefined && { versionId: id }) };
    const value = given.value === undefined ? undefined : `v${given.value}`;
    const body = `<Tagging><TagSet><Tag><Key>t</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
    const answer = await (value === undefined
      ? real.send("DELETE", bucket, given.key, { query })
      : real.send("PUT", bucket, given.key, { query, body }));
    if (!found) return expectAnswer(answer, ...unreadable(found, id !== undefined));
    if (!found.stored) return expectAnswer(answer, 405, "MethodNotAllowed");
    expectAnswer(answer, value === undefined ? 204 : 200);
    bucket.retag(given.key, found.id, value);
  },
);

export const objectCommands: readonly fc.Arbitrary<Command>[] = [put, put, put, get, get, copy, tag];
