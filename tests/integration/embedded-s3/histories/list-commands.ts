import fc from "fast-check";
import { expect } from "vitest";
import { elements, field } from "../xml";
import { type Command, command, expectAnswer, type Real } from "./command";
import { listing, which } from "./draws";
import type { BucketModel } from "./model";

type Listing = typeof listing extends fc.Arbitrary<infer T> ? T : never;

/** A line of a listing: an entry, or a common prefix. */
interface Item {
  readonly key: string;
  readonly line: string;
  readonly isPrefix?: true;
}

/** How a kind of listing is requested, read and continued. */
interface Kind {
  readonly query: Record<string, string>;
  readonly limit: string;
  readonly after: string;
  /** Elements of entries. */
  readonly entries: string;
  /** Everything in the bucket, in order of keys. */
  all(bucket: BucketModel): Item[];
  read(inner: string, name: string, key: string): string;
  /** The query of the next page: what the answer says, or the last item. */
  next(text: string, decode: (text: string) => string, last: string): Record<string, string>;
}

const utf8 = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const sortedKeys = (bucket: BucketModel) => [...bucket.keys].sort(([a], [b]) => utf8(a, b));
const bare = (etag: string) => etag.replaceAll('"', "");

const objects: Omit<Kind, "query" | "after" | "next"> = {
  limit: "max-keys",
  entries: "Contents",
  all: (bucket) =>
    sortedKeys(bucket).flatMap(([key, [newest]]) =>
      newest?.stored ? [{ key, line: `${key} ${newest.stored.etag} ${newest.stored.body.length}` }] : [],
    ),
  read: (inner, _name, key) => `${key} ${bare(field(inner, "ETag"))} ${field(inner, "Size")}`,
};

const kinds: Record<string, Kind> = {
  v1: {
    ...objects,
    query: {},
    after: "marker",
    next: (text, decode, last) => ({ marker: decode(field(text, "NextMarker")) || last }),
  },
  v2: {
    ...objects,
    query: { "list-type": "2" },
    after: "start-after",
    next: (text) => ({ "continuation-token": field(text, "NextContinuationToken") }),
  },
  versions: {
    query: { versions: "" },
    limit: "max-keys",
    after: "key-marker",
    entries: "Version|DeleteMarker",
    all: (bucket) =>
      sortedKeys(bucket).flatMap(([key, versions]) =>
        versions.map(({ id, stored }, i) => {
          const kind = stored ? `Version ${stored.etag} ${stored.body.length}` : "DeleteMarker  ";
          return { key, line: `${key} ${id} ${i === 0} ${kind}` };
        }),
      ),
    read: (inner, name, key) =>
      `${key} ${field(inner, "VersionId")} ${field(inner, "IsLatest")} ${name} ${bare(field(inner, "ETag"))} ${field(inner, "Size")}`,
    next: (text, decode) => {
      const id = field(text, "NextVersionIdMarker");
      return { "key-marker": decode(field(text, "NextKeyMarker")), ...(id !== "" && { "version-id-marker": id }) };
    },
  },
  uploads: {
    query: { uploads: "" },
    limit: "max-uploads",
    after: "key-marker",
    entries: "Upload",
    all: (bucket) =>
      [...bucket.uploads].sort((a, b) => utf8(a.key, b.key)).map(({ key, id }) => ({ key, line: `${key} ${id}` })),
    read: (inner, _name, key) => `${key} ${field(inner, "UploadId")}`,
    next: (text, decode) => {
      const id = field(text, "NextUploadIdMarker");
      return { "key-marker": decode(field(text, "NextKeyMarker")), ...(id !== "" && { "upload-id-marker": id }) };
    },
  },
};

/** The common prefix a key is under. */
function folded(key: string, { prefix, delimiter }: Listing): string | undefined {
  const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** What all pages together hold. A marker that is a common prefix passes over all that is under it. */
function expected(all: readonly Item[], asked: Listing): Item[] {
  const { prefix, after } = asked;
  const passed = after.startsWith(prefix) && folded(after, asked) === after ? after : undefined;
  const items: Item[] = [];
  for (const item of all) {
    if (!item.key.startsWith(prefix) || (after !== "" && utf8(item.key, after) <= 0)) continue;
    if (passed !== undefined && item.key.startsWith(passed)) continue;
    const common = folded(item.key, asked);
    if (common === undefined) items.push(item);
    else if (items.at(-1)?.key !== common || !items.at(-1)?.isPrefix)
      items.push({ key: common, line: common, isPrefix: true });
  }
  return items;
}

/** Lists page by page and holds each page against the model. */
async function listAll(kind: Kind, asked: Listing, bucket: BucketModel, real: Real): Promise<void> {
  const { prefix, delimiter, after, limit, isEncoded } = asked;
  const decode = (text: string) => (isEncoded ? decodeURIComponent(text) : text);
  const items = limit === 0 ? [] : expected(kind.all(bucket), asked);
  let next: Record<string, string> = after === "" ? {} : { [kind.after]: after };
  for (let done = 0; done === 0 || done < items.length; done += limit) {
    const query = { ...kind.query, prefix, delimiter, [kind.limit]: String(limit), ...next };
    const answer = await real.send("GET", bucket, undefined, {
      query: { ...query, ...(isEncoded && { "encoding-type": "url" }) },
    });
    expectAnswer(answer, 200);
    const text = answer.body.toString();
    const page = limit === 0 ? [] : items.slice(done, done + limit);
    const lines = elements(text, kind.entries).map(({ name, inner }) =>
      kind.read(inner, name, decode(field(inner, "Key"))),
    );
    const prefixes = elements(text, "CommonPrefixes").map(({ inner }) => decode(field(inner, "Prefix")));
    expect({ lines, prefixes, isTruncated: field(text, "IsTruncated") }).toEqual({
      lines: page.filter((item) => !item.isPrefix).map(({ line }) => line),
      prefixes: page.filter((item) => item.isPrefix).map(({ line }) => line),
      isTruncated: String(done + limit < items.length && limit > 0),
    });
    next = kind.next(text, decode, page.at(-1)?.key ?? "");
    if (limit === 0) return;
  }
}

const list = command(
  "list",
  fc.record({ which, kind: fc.constantFrom("v1", "v2", "versions", "uploads"), listing }),
  async (given, model, real) => {
    const kind = kinds[given.kind];
    if (kind) await listAll(kind, given.listing, model.buckets[given.which], real);
  },
);

export const listCommands: readonly fc.Arbitrary<Command>[] = [list, list, list, list];

/** Everything there is, by every kind of listing and byte by byte. */
export async function expectAll(bucket: BucketModel, real: Real): Promise<void> {
  const all: Listing = { prefix: "", delimiter: "", after: "", limit: 1000, isEncoded: true };
  for (const kind of Object.values(kinds)) {
    await listAll(kind, all, bucket, real);
    await listAll(kind, { ...all, delimiter: "/", limit: 2, isEncoded: false }, bucket, real);
  }
  for (const [key, versions] of bucket.keys) {
    for (const { id, stored } of versions) {
      if (!stored) continue;
      const answer = await real.send("GET", bucket, key, { query: { versionId: id } });
      expectAnswer(answer, 200);
      expect(answer.body.equals(stored.body)).toBe(true);
      const tagging = await real.send("GET", bucket, key, { query: { versionId: id, tagging: "" } });
      expect(field(tagging.body.toString(), "Value")).toBe(stored.tag ?? "");
    }
  }
}
