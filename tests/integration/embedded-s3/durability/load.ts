import { createHash, randomBytes } from "node:crypto";
import { type Answer, type Caller, UnexpectedAnswer } from "./caller";
import {
  afterDelete,
  afterPut,
  afterRemoval,
  afterTagging,
  type BucketKind,
  type BucketState,
  type Content,
  type InFlight,
  type KeyState,
  type OpenUpload,
} from "./expected";
import type { SeededRandom } from "./random";

const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const MAX_VERSIONS = 6;
const noise = randomBytes(3 * 1024 * 1024);

/** One of the writers of a load: it does one request after the other to keys of its own. */
export class Lane {
  readonly keys: KeyState[];
  readonly bucket: BucketState;
  /** Requests the store has answered with success. */
  acknowledged = 0;
  /** Requests it has refused because its disk is full. */
  refused = 0;
  #writes = 0;

  constructor(
    readonly number: number,
    readonly random: SeededRandom,
    buckets: ReadonlyMap<string, BucketKind>,
  ) {
    this.bucket = { name: `of-lane-${number}`, exists: false, isInFlight: false };
    this.keys = [...buckets].flatMap(([bucket, kind]) =>
      [0, 1].map((i): KeyState => {
        const key = `lane ${number}/${"x".repeat(i * 40)}é${i}`;
        return { bucket, kind, key, history: [], uploads: new Map(), inFlight: undefined };
      }),
    );
  }

  /**
   * Writes until the connection breaks.
   * @param mayBeFull a refusal for want of room is an answer like another: nothing of the request may be found later
   * @throws UnexpectedAnswer
   */
  async run(caller: Caller, mayBeFull = false): Promise<void> {
    for (;;) {
      const state = this.random.pick(this.keys);
      const act = this.random.pick(actions);
      try {
        await act(this, state, caller);
      } catch (error) {
        if (mayBeFull && error instanceof UnexpectedAnswer && isFull(error.answer)) {
          this.#forget();
          continue;
        }
        if ((error as NodeJS.ErrnoException).code === undefined) throw error;
        return; // killed meanwhile; what was in flight stays noted
      }
    }
  }

  #forget(): void {
    this.refused++;
    this.bucket.isInFlight = false;
    for (const state of this.keys) state.inFlight = undefined;
  }

  /** Notes what is in flight, sends it, and forgets it when the answer is there. */
  async attempt(states: readonly (readonly [KeyState, InFlight])[], send: () => Promise<Answer>): Promise<Answer> {
    for (const [state, inFlight] of states) state.inFlight = inFlight;
    const answer = await send();
    for (const [state] of states) state.inFlight = undefined;
    this.acknowledged += states.length;
    return answer;
  }

  /** A body that says which write it is, small ones (kept in the database) and large ones (files). */
  body(): { body: Buffer; content: Content } {
    const label = `${this.number}-${++this.#writes}`;
    const most = this.random.pick([0, 300, 20_000, 32_768, 32_769, 90_000, 700_000, 2_500_000]);
    const sizeBytes = this.random.between(Math.floor(most / 2), most);
    const offset = this.random.between(0, noise.length - sizeBytes);
    const body = Buffer.from(noise.subarray(offset, offset + sizeBytes));
    body.write(label.slice(0, sizeBytes));
    return { body, content: { etag: md5(body), md5: md5(body), sizeBytes, label } };
  }
}

const isFull = ({ status, body }: Answer) => status === 507 && body.includes("<Code>InsufficientStorage</Code>");

type Action = (lane: Lane, state: KeyState, caller: Caller) => Promise<void>;

const path = (state: KeyState) => `${state.bucket}/${state.key.split("/").map(encodeURIComponent).join("/")}`;
const versionOf = (answer: Answer) => answer.headers["x-amz-version-id"]?.toString();
const newest = (state: KeyState) => state.history[0]?.content;

const put: Action = async (lane, state, caller) => {
  if (state.history.length > MAX_VERSIONS) return removeVersion(lane, state, caller);
  const { body, content } = lane.body();
  const headers = { "x-amz-meta-label": content.label };
  const history = afterPut(state.kind, state.history, content);
  const answer = await lane.attempt([[state, { what: "put", history }]], () =>
    caller.expect([200], "PUT", path(state), { headers, body }),
  );
  state.history = afterPut(state.kind, state.history, content, versionOf(answer));
};

const remove: Action = async (lane, state, caller) => {
  const history = afterDelete(state.kind, state.history);
  const answer = await lane.attempt([[state, { what: "delete", history }]], () =>
    caller.expect([204], "DELETE", path(state)),
  );
  state.history = afterDelete(state.kind, state.history, versionOf(answer));
};

const removeVersion: Action = async (lane, state, caller) => {
  const versionId = state.history[lane.random.between(0, MAX_VERSIONS)]?.id;
  if (versionId === undefined || state.kind === "plain") return;
  const history = afterRemoval(state.history, versionId);
  await lane.attempt([[state, { what: "delete of a version", history }]], () =>
    caller.expect([204], "DELETE", path(state), { query: { versionId } }),
  );
  state.history = history;
};

const removeSeveral: Action = async (lane, state, caller) => {
  const others = lane.keys.filter((one) => one.bucket === state.bucket);
  const objects = others.map((one) => `<Object><Key>${one.key}</Key></Object>`).join("");
  const body = `<Delete>${objects}</Delete>`;
  const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
  const planned = others.map((one) => {
    const history = afterDelete(one.kind, one.history);
    return [one, { what: "delete of several", history }] as const;
  });
  const answer = await lane.attempt(planned, () =>
    caller.expect([200], "POST", state.bucket, { query: { delete: "" }, headers, body }),
  );
  const outcomes = [...answer.body.toString().matchAll(/<(Deleted|Error)>(.*?)<\/\1>/gs)].map(([whole]) => whole);
  for (const [i, one] of others.entries()) {
    const outcome = outcomes[i] ?? "";
    if (outcome.includes("<Code>InsufficientStorage</Code>")) continue;
    if (!outcome.startsWith("<Deleted>")) throw new UnexpectedAnswer("delete of several", answer);
    const id = /<DeleteMarkerVersionId>([^<]*)/.exec(outcome)?.[1];
    one.history = afterDelete(one.kind, one.history, id);
  }
};

const tag: Action = async (lane, state, caller) => {
  if (!newest(state)) return;
  const value = `t${lane.random.between(0, 1e6)}`;
  const history = afterTagging(state.history, value);
  const body = `<Tagging><TagSet><Tag><Key>t</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
  await lane.attempt([[state, { what: "tagging", history }]], () =>
    caller.expect([200], "PUT", path(state), { query: { tagging: "" }, body }),
  );
  state.history = history;
};

const copy: Action = async (lane, state, caller) => {
  const target = lane.random.pick(lane.keys);
  const content = newest(state);
  if (!content || target === state || target.history.length > MAX_VERSIONS) return;
  const history = afterPut(target.kind, target.history, content);
  const headers = { "x-amz-copy-source": `/${path(state)}` };
  const answer = await lane.attempt([[target, { what: "copy", history }]], () =>
    caller.expect([200], "PUT", path(target), { headers }),
  );
  target.history = afterPut(target.kind, target.history, content, versionOf(answer));
};

const beginUpload: Action = async (lane, state, caller) => {
  if (state.uploads.size > 2) return abortUpload(lane, state, caller);
  const label = `${lane.number}-upload-${lane.random.between(0, 1e9)}`;
  const headers = { "x-amz-meta-label": label };
  const answer = await lane.attempt([[state, { what: "beginning of an upload", begins: label }]], () =>
    caller.expect([200], "POST", path(state), { query: { uploads: "" }, headers }),
  );
  const uploadId = /<UploadId>([^<]*)/.exec(answer.body.toString())?.[1] ?? "";
  state.uploads.set(uploadId, { uploadId, label, parts: new Map() });
};

const anyUpload = (lane: Lane, state: KeyState): OpenUpload | undefined =>
  state.uploads.size === 0 ? undefined : lane.random.pick([...state.uploads.values()]);

const uploadPart: Action = async (lane, state, caller) => {
  const upload = anyUpload(lane, state);
  if (!upload) return beginUpload(lane, state, caller);
  const { body, content } = lane.body();
  const part = { uploadId: upload.uploadId, number: lane.random.between(1, 3), etag: content.etag, body };
  const query = { partNumber: String(part.number), uploadId: part.uploadId };
  await lane.attempt([[state, { what: "part", part }]], () =>
    caller.expect([200], "PUT", path(state), { query, body }),
  );
  upload.parts.set(part.number, part);
};

/** Of one part: all but the last of several would have to be of 5 MiB. The others become garbage. */
const completeUpload: Action = async (lane, state, caller) => {
  const upload = anyUpload(lane, state);
  if (!upload || upload.parts.size === 0) return uploadPart(lane, state, caller);
  if (state.history.length > MAX_VERSIONS) return removeVersion(lane, state, caller);
  const [number, { etag, body: bytes }] = lane.random.pick([...upload.parts]);
  const whole = `${md5(Buffer.from(etag, "hex"))}-1`;
  const content = { etag: whole, md5: etag, sizeBytes: bytes.length, label: upload.label };
  const history = afterPut(state.kind, state.history, content);
  const part = `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`;
  const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
  const query = { uploadId: upload.uploadId };
  const answer = await lane.attempt([[state, { what: "completion", history, ends: upload.uploadId }]], () =>
    caller.expect([200], "POST", path(state), { query, body }),
  );
  state.history = afterPut(state.kind, state.history, content, versionOf(answer));
  state.uploads.delete(upload.uploadId);
};

const abortUpload: Action = async (lane, state, caller) => {
  const upload = anyUpload(lane, state);
  if (!upload) return;
  const query = { uploadId: upload.uploadId };
  await lane.attempt([[state, { what: "abort", ends: upload.uploadId }]], () =>
    caller.expect([204], "DELETE", path(state), { query }),
  );
  state.uploads.delete(upload.uploadId);
};

/** Makes the lane's own bucket, with the part of an upload in it, or deletes it with that. */
const toggleBucket: Action = async (lane, _state, caller) => {
  const { bucket } = lane;
  const [method, status] = bucket.exists ? (["DELETE", 204] as const) : (["PUT", 200] as const);
  bucket.isInFlight = true;
  await caller.expect([status], method, bucket.name);
  bucket.isInFlight = false;
  bucket.exists = !bucket.exists;
  lane.acknowledged++;
  if (!bucket.exists) return;
  const begun = await caller.expect([200], "POST", `${bucket.name}/never`, { query: { uploads: "" } });
  const uploadId = /<UploadId>([^<]*)/.exec(begun.body.toString())?.[1] ?? "";
  const query = { partNumber: "1", uploadId };
  await caller.expect([200], "PUT", `${bucket.name}/never`, { query, body: noise.subarray(0, 70_000) });
};

/** Some more often than others. */
const actions: readonly Action[] = [
  ...[put, put, put, put, remove, removeVersion, removeVersion, removeSeveral, tag, copy, copy],
  ...[beginUpload, uploadPart, uploadPart, completeUpload, completeUpload, abortUpload, toggleBucket],
];
