import fc from "fast-check";
import { expect } from "vitest";
import { elements, field } from "../xml";
import { addressOf, type Command, command, expectAnswer, madeVersion } from "./command";
import { bytesOf, key, partBody, which } from "./draws";
import { type BucketModel, md5, type Part, type Upload } from "./model";
import { writeCondition } from "./object-commands";

const MIN_PART_BYTES = 5 * 1024 * 1024;
const upload = fc.constantFrom(0, 0, 0, 1, 2);
const number = fc.constantFrom(1, 2, 3, 10_000);
const bare = (etag: string) => etag.replaceAll('"', "");

function pick(bucket: BucketModel, nth: number): Upload | undefined {
  return bucket.uploads[nth % Math.max(1, bucket.uploads.length)];
}

const begin = command("begin", fc.record({ which, key, label: fc.nat(999) }), async (given, model, real) => {
  const bucket = model.buckets[given.which];
  const label = `upload ${given.label}`;
  const headers = { "x-amz-meta-label": label };
  const answer = await real.send("POST", bucket, given.key, { query: { uploads: "" }, headers });
  expectAnswer(answer, 200);
  const text = answer.body.toString();
  expect(field(text, "Key")).toBe(given.key);
  const id = field(text, "UploadId");
  expect(bucket.uploads.map((one) => one.id)).not.toContain(id);
  bucket.uploads = [...bucket.uploads, { id, key: given.key, label, parts: new Map() }];
});

const part = command("part", fc.record({ which, upload, number, body: partBody }), async (given, model, real) => {
  const bucket = model.buckets[given.which];
  const chosen = pick(bucket, given.upload);
  if (!chosen) return;
  const body = bytesOf(given.body);
  const query = { partNumber: String(given.number), uploadId: chosen.id };
  const answer = await real.send("PUT", bucket, chosen.key, { query, body });
  expectAnswer(answer, 200);
  expect(bare(answer.headers.etag ?? "")).toBe(md5(body));
  chosen.parts.set(given.number, { body, etag: md5(body) });
});

const copiedPart = command(
  "copiedPart",
  fc.record({
    which,
    upload,
    number,
    source: fc.record({ which, key }),
    range: fc.option(fc.constantFrom([0, 0], [5, 299])),
  }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const from = model.buckets[given.source.which];
    const chosen = pick(bucket, given.upload);
    const stored = from.head(given.source.key);
    if (!chosen) return;
    const [start = 0, end = (stored?.body.length ?? 0) - 1] = given.range ?? [];
    const answer = await real.send("PUT", bucket, chosen.key, {
      query: { partNumber: String(given.number), uploadId: chosen.id },
      headers: {
        "x-amz-copy-source": addressOf(from, given.source.key),
        ...(given.range && { "x-amz-copy-source-range": `bytes=${start}-${end}` }),
      },
    });
    if (!stored) return expectAnswer(answer, 404, "NoSuchKey");
    if (given.range && end >= stored.body.length) return expectAnswer(answer, 400, "InvalidArgument");
    expectAnswer(answer, 200);
    const body = stored.body.subarray(start, end + 1);
    expect(bare(field(answer.body.toString(), "ETag"))).toBe(md5(body));
    chosen.parts.set(given.number, { body, etag: md5(body) });
  },
);

/** The refusal a list of parts leads to. */
function refusalOf(claims: readonly [number, Part | undefined][], isForged: boolean): string | undefined {
  for (const [i, [, one]] of claims.entries()) {
    if (!one || (isForged && i === 0)) return "InvalidPart";
    if (i < claims.length - 1 && one.body.length < MIN_PART_BYTES) return "EntityTooSmall";
  }
  return undefined;
}

const complete = command(
  "complete",
  fc.record({
    ...{ which, upload },
    /** Beside the parts that are there. */
    extra: fc.option(number, { freq: 8 }),
    /** How many of them are left out, from the first. */
    skipped: fc.constantFrom(0, 0, 1),
    isForged: fc.constantFrom(false, false, false, false, true),
    condition: fc.constantFrom("none", "none", "none", "absent", "same"),
  }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const chosen = pick(bucket, given.upload);
    if (!chosen) return;
    const there = [...chosen.parts.keys()].sort((a, b) => a - b).slice(given.skipped);
    const numbers = [...new Set([...there, ...(given.extra === null ? [] : [given.extra])])].sort((a, b) => a - b);
    const claims = numbers.map((one): [number, Part | undefined] => [one, chosen.parts.get(one)]);
    const { headers, refusal } = writeCondition(given.condition, bucket.head(chosen.key));
    const listed = claims.map(([one, known], i) => {
      const etag = known && !(given.isForged && i === 0) ? known.etag : "f".repeat(32);
      return `<Part><PartNumber>${one}</PartNumber><ETag>"${etag}"</ETag></Part>`;
    });
    const body = `<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`;
    const answer = await real.send("POST", bucket, chosen.key, { query: { uploadId: chosen.id }, headers, body });
    if (claims.length === 0) return expectAnswer(answer, 400, "MalformedXML");
    if (refusal) return expectAnswer(answer, ...refusal);
    const code = refusalOf(claims, given.isForged);
    if (code !== undefined) return expectAnswer(answer, 400, code);
    expectAnswer(answer, 200);
    const parts = claims.flatMap(([, known]) => known ?? []);
    const etag = `${md5(Buffer.concat(parts.map((one) => Buffer.from(one.etag, "hex"))))}-${parts.length}`;
    expect(bare(field(answer.body.toString(), "ETag"))).toBe(etag);
    const stored = { body: Buffer.concat(parts.map((one) => one.body)), etag, label: chosen.label };
    bucket.put(chosen.key, stored, madeVersion(answer, bucket, chosen.key));
    bucket.endUpload(chosen.id);
  },
);

const abort = command("abort", fc.record({ which, upload }), async (given, model, real) => {
  const bucket = model.buckets[given.which];
  const chosen = pick(bucket, given.upload);
  if (!chosen) return;
  const query = { uploadId: chosen.id };
  expectAnswer(await real.send("DELETE", bucket, chosen.key, { query }), 204);
  expectAnswer(await real.send("DELETE", bucket, chosen.key, { query }), 404, "NoSuchUpload");
  bucket.endUpload(chosen.id);
});

const listParts = command(
  "listParts",
  fc.record({ which, upload, limit: fc.constantFrom(1, 2, 1000) }),
  async (given, model, real) => {
    const bucket = model.buckets[given.which];
    const chosen = pick(bucket, given.upload);
    if (!chosen) return;
    const found: string[] = [];
    for (let marker = "0"; marker !== ""; ) {
      const query = { uploadId: chosen.id, "max-parts": String(given.limit), "part-number-marker": marker };
      const answer = await real.send("GET", bucket, chosen.key, { query });
      expectAnswer(answer, 200);
      const text = answer.body.toString();
      const page = elements(text, "Part").map(
        ({ inner }) => `${field(inner, "PartNumber")} ${bare(field(inner, "ETag"))} ${field(inner, "Size")}`,
      );
      expect(page.length).toBeLessThanOrEqual(given.limit);
      found.push(...page);
      marker = field(text, "NextPartNumberMarker");
      expect(field(text, "IsTruncated")).toBe(String(marker !== ""));
    }
    const sorted = [...chosen.parts].sort(([a], [b]) => a - b);
    expect(found).toEqual(sorted.map(([one, { etag, body }]) => `${one} ${etag} ${body.length}`));
  },
);

export const uploadCommands: readonly fc.Arbitrary<Command>[] = [
  ...[begin, part, part, part, copiedPart, complete, complete, abort, listParts],
];
