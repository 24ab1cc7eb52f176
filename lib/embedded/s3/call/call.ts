import { authorize, authorizeReplacing, authorizeVersion } from "../access/authorize";
import type { AccessQuestion, RequestTags } from "../access/question";
import type { Authenticated, AuthSettings } from "../auth/authenticate";
import type { RoleDirectory } from "../auth/role-directory";
import type { SessionDirectory } from "../auth/sessions";
import { ownerName } from "../auth/users";
import type { Payload } from "../body/payload";
import { readText } from "../body/read-text";
import type { EventName } from "../notifications/events";
import type { Change } from "../notifications/message";
import { type Publisher, publishTo } from "../notifications/publish";
import { S3Error } from "../protocol/errors";
import { headerText, type Incoming } from "../protocol/incoming";
import type { BucketRecord, ObjectRecord } from "../store/database/records";
import type { StoreLogger } from "../store/logger";
import type { Store } from "../store/store";
import type { Content } from "../store/versions/reading";
import type { Authorize, Publish } from "../store/versions/version-writer";

/** The parts of a running store. */
export interface Service extends AuthSettings, Publisher {
  readonly store: Store;
  readonly roles: RoleDirectory;
  readonly sessions: SessionDirectory;
  readonly logger: StoreLogger;
}

/** The answer to a request. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Content;
}

export type Handler = (call: Call) => Promise<Reply>;

/** One authenticated request, with what handlers need to answer it. */
export class Call {
  readonly #asked: Authorize[] = [];

  constructor(
    readonly service: Service,
    readonly request: Incoming,
    readonly auth: Authenticated,
    readonly openBody: () => Payload,
  ) {}

  get store(): Store {
    return this.service.store;
  }

  query(name: string): string | undefined {
    return this.request.query.get(name);
  }

  /** A header as text. */
  header(name: string): string | undefined {
    const value = this.request.header(name);
    return value === undefined ? undefined : headerText(value);
  }

  /** The bucket of the URL. @throws S3Error NoSuchBucket; AccessDenied when `x-amz-expected-bucket-owner` names another account */
  get bucket(): BucketRecord {
    const name = this.request.bucket ?? "";
    const bucket = this.store.buckets.find(name);
    if (!bucket) throw new S3Error("NoSuchBucket", undefined, { BucketName: name });
    return bucket;
  }

  /** The key of the URL. @throws S3Error InvalidURI */
  get key(): string {
    if (this.request.key === undefined) throw new S3Error("InvalidURI");
    return this.request.key;
  }

  /** Owner of what the caller makes: a user's name, or "anonymous" without a signature. */
  get caller(): string {
    return ownerName(this.auth.identity) ?? "anonymous";
  }

  /** The question for `isAllowed`, about this caller and request. */
  question(
    action: string,
    about: Partial<Pick<AccessQuestion, "bucket" | "key" | "record" | "upload" | "versionId" | "tags">> = {},
  ): AccessQuestion {
    const { request, auth } = this;
    const { bucket = this.bucket, key } = about;
    const { identity, payloadHash } = auth;
    const replaced = key === undefined ? undefined : () => this.store.objects.find(bucket, key);
    return { request, identity, payloadHash, action, ...about, bucket, replaced };
  }

  /** Requires that the caller may do this with the bucket. @throws S3Error AccessDenied, NoSuchBucket */
  authorizeBucket(action: string): BucketRecord {
    const { bucket } = this;
    authorize(this.question(action, { bucket }));
    return bucket;
  }

  /**
   * Requires that the caller may do this with the key, and the version, that the URL names.
   * @param tags the object's new tags, when they are not those of `x-amz-tagging`
   * @throws S3Error AccessDenied
   */
  authorizeObject(action: string, record?: ObjectRecord, tags?: RequestTags): void {
    const question = this.question(action, { key: this.key, record, versionId: this.query("versionId"), tags });
    authorize(question);
    this.#asked.push(authorizeReplacing(question));
  }

  /**
   * Requires that the caller may do this with the version that the URL names, or may know that there is none.
   * @throws S3Error AccessDenied
   */
  authorizeVersion(action: string, record: ObjectRecord | undefined, tags?: RequestTags): void {
    const { key } = this;
    const question = { ...this.question(action, { record, versionId: this.query("versionId"), tags }), key };
    authorizeVersion(question);
    this.#asked.push((current) => authorizeVersion({ ...question, record: current }));
  }

  /**
   * Requires all that was required of the key so far once more, of the version that is there when it is written. For the
   * transaction of the write; policies and ACL of the bucket count as they were when the request began, as with AWS.
   * @throws S3Error AccessDenied
   */
  readonly authorizeAgain: Authorize = (current) => {
    for (const ask of this.#asked) ask(current);
  };

  /** Returns what publishes the event of a write. @param event the event's name, or what returns it */
  publish<C extends Change>(event: EventName | ((change: C) => EventName), key = this.key): Publish<C> {
    const { request, auth } = this;
    return publishTo(this.service, { request, identity: auth.identity }, key, event);
  }

  /** The whole body as text, at most 1 MiB. @throws S3Error MissingRequestBodyError */
  async text(): Promise<string> {
    const text = await readText(this.openBody(), (name) => this.request.header(name));
    if (text === "") throw new S3Error("MissingRequestBodyError");
    return text;
  }
}

export function xmlReply(body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers: { "content-type": "application/xml", ...headers }, body };
}

export const noContent: Reply = { status: 204 };
export const emptyOk: Reply = { status: 200, headers: { "content-length": "0" } };
