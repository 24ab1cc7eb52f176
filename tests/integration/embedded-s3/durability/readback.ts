import { createHash } from "node:crypto";
import { elements, field } from "../xml";
import type { Caller } from "./caller";
import { type BucketState, type Content, type History, isSame, type KeyState, render, type Version } from "./expected";

/** Everything in a bucket, as the store lists it. */
interface Found {
  readonly histories: ReadonlyMap<string, History>;
  /** Keys a plain listing shows. */
  readonly listed: ReadonlySet<string>;
  /** ETags of parts by number, by upload id, by key. */
  readonly uploads: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<number, string>>>;
}

/**
 * Reads a bucket back, byte for byte, and compares it with what is expected. What is found decides requests without an
 * answer.
 * @returns what is wrong, one line each
 */
async function readBack(caller: Caller, bucket: string, states: readonly KeyState[]): Promise<string[]> {
  const found = await findAll(caller, bucket);
  const wrong: string[] = [];
  const known = new Set(states.map((state) => state.key));
  for (const key of found.histories.keys()) if (!known.has(key)) wrong.push(`${key}: it was never written`);
  for (const state of states) wrong.push(...settle(state, found));
  return wrong;
}

/** Reads the given buckets and the lanes' own ones back. @returns what is wrong, one line each */
export async function readAllBack(
  caller: Caller,
  buckets: Iterable<string>,
  lanes: readonly { readonly keys: readonly KeyState[]; readonly bucket: BucketState }[],
): Promise<string[]> {
  const states = lanes.flatMap(({ keys }) => keys);
  const statesOf = (name: string) => states.filter(({ bucket }) => bucket === name);
  const shared = [...buckets].map((name) => readBack(caller, name, statesOf(name)));
  const own = lanes.map(({ bucket }) => readBackBucket(caller, bucket));
  return (await Promise.all([...shared, ...own])).flat();
}

/** Whether a lane's own bucket is there as it should be. @returns what is wrong */
async function readBackBucket(caller: Caller, bucket: BucketState): Promise<string[]> {
  const { status } = await caller.expect([200, 404], "HEAD", bucket.name);
  const exists = status === 200;
  const wrong =
    exists === bucket.exists || bucket.isInFlight ? [] : [`${bucket.name}: ${exists ? "still there" : "lost"}`];
  bucket.exists = exists;
  bucket.isInFlight = false;
  return wrong;
}

function settle(state: KeyState, found: Found): string[] {
  const { inFlight, key } = state;
  const history = found.histories.get(key) ?? [];
  const uploads = found.uploads.get(key) ?? new Map<string, ReadonlyMap<number, string>>();
  const wrong: string[] = [];
  const isOld = isSame(state.history, history);
  const cameThrough = !isOld && inFlight?.history !== undefined && isSame(inFlight.history, history);
  if (!isOld && !cameThrough) {
    const allowed = [state.history, ...(inFlight?.history ? [inFlight.history] : [])].map(render).join("\nor\n");
    wrong.push(`${key} (in flight: ${inFlight?.what ?? "nothing"}): expected\n${allowed}\nfound\n${render(history)}`);
  }
  const shown = history[0]?.content !== undefined;
  if (shown !== found.listed.has(key)) wrong.push(`${key}: the listing and the versions do not agree`);
  for (const [uploadId, upload] of state.uploads) {
    const parts = uploads.get(uploadId);
    const mayHaveEnded = inFlight?.ends === uploadId;
    if (!parts && mayHaveEnded && (inFlight.history === undefined || cameThrough)) state.uploads.delete(uploadId);
    else if (!parts) wrong.push(`${key}: upload ${uploadId} is lost`);
    else if (mayHaveEnded && cameThrough) wrong.push(`${key}: upload ${uploadId} is completed and still there`);
    else wrong.push(...settleParts(state, uploadId, upload.parts, parts));
  }
  for (const [uploadId, parts] of uploads) {
    if (state.uploads.has(uploadId)) continue;
    const label = inFlight?.begins;
    if (label === undefined || parts.size > 0) wrong.push(`${key}: upload ${uploadId} should not be there`);
    else state.uploads.set(uploadId, { uploadId, label, parts: new Map() });
  }
  state.history = history;
  state.inFlight = undefined;
  return wrong;
}

function settleParts(
  state: KeyState,
  uploadId: string,
  expected: Map<number, { readonly etag: string; readonly body: Buffer }>,
  found: ReadonlyMap<number, string>,
): string[] {
  const sent = state.inFlight?.part;
  if (sent?.uploadId === uploadId && found.get(sent.number) === sent.etag) expected.set(sent.number, sent);
  const list = (parts: Iterable<readonly [number, string]>) =>
    [...parts]
      .map(([n, etag]) => `${n} ${etag}`)
      .sort()
      .join();
  const wanted = list([...expected].map(([number, part]) => [number, part.etag] as const));
  return wanted === list(found) ? [] : [`${state.key}: parts of ${uploadId} are ${list(found)} and not ${wanted}`];
}

async function findAll(caller: Caller, bucket: string): Promise<Found> {
  const histories = new Map<string, History>();
  const versions = elements(await page(caller, bucket, "versions"), "Version|DeleteMarker");
  const read = await Promise.all(versions.map(({ name, inner }) => readVersion(caller, bucket, name, inner)));
  for (const [key, version] of read) histories.set(key, [...(histories.get(key) ?? []), version]);
  const listed = new Set(
    elements(await page(caller, bucket, "list-type"), "Contents").map(({ inner }) => field(inner, "Key")),
  );
  const uploads = new Map<string, Map<string, ReadonlyMap<number, string>>>();
  for (const { inner } of elements(await page(caller, bucket, "uploads"), "Upload")) {
    const [key, uploadId] = [field(inner, "Key"), field(inner, "UploadId")];
    const answer = await caller.expect([200], "GET", path(bucket, key), { query: { uploadId } });
    const parts = elements(answer.body.toString(), "Part").map(
      ({ inner: part }) => [Number(field(part, "PartNumber")), bare(field(part, "ETag"))] as const,
    );
    uploads.set(key, (uploads.get(key) ?? new Map()).set(uploadId, new Map(parts)));
  }
  return { histories, listed, uploads };
}

/** One listing; the load keeps what it lists below a page of 1,000. */
async function page(caller: Caller, bucket: string, kind: "versions" | "list-type" | "uploads"): Promise<string> {
  const query: Record<string, string> = { [kind]: kind === "list-type" ? "2" : "" };
  const text = (await caller.expect([200], "GET", bucket, { query })).body.toString();
  if (field(text, "IsTruncated") !== "false") throw new Error("more than a page");
  return text;
}

async function readVersion(caller: Caller, bucket: string, kind: string, xml: string): Promise<[string, Version]> {
  const [key, id] = [field(xml, "Key"), field(xml, "VersionId")];
  if (kind === "DeleteMarker") return [key, { id }];
  const query = { versionId: id };
  const got = await caller.expect([200], "GET", path(bucket, key), { query });
  const tag = got.headers["x-amz-tagging-count"] && (await readTag(caller, path(bucket, key), query));
  const content: Content = {
    etag: bare(got.headers.etag ?? ""),
    md5: createHash("md5").update(got.body).digest("hex"),
    sizeBytes: Number(field(xml, "Size")),
    label: got.headers["x-amz-meta-label"]?.toString() ?? "",
    ...(tag && { tag }),
  };
  return [key, { id, content }];
}

async function readTag(caller: Caller, object: string, query: Record<string, string>): Promise<string | undefined> {
  const { body } = await caller.expect([200], "GET", object, { query: { ...query, tagging: "" } });
  return /<Value>([^<]*)/.exec(body.toString())?.[1];
}

const path = (bucket: string, key: string) => `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
const bare = (etag: string) => etag.replaceAll('"', "");
