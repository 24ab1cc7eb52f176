import type { S3Access } from "@/tests/support/services/s3";
import { type RawAnswer, raw, sendForm } from "../harness";
import { policyFields, presignedQuery, type Signer, signedHeaders, signedPolicy, target, type Unsigned } from "./sign";

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Another bucket than this one. */
  readonly bucket?: string;
  /** `none` for a request without a signature, `other` for the second account, else what is different about the one who signs. */
  readonly signer?: "none" | "other" | Partial<Signer>;
  readonly signedAt?: Date;
}

export interface PresignOptions extends Pick<RequestOptions, "query" | "headers" | "signedAt"> {
  readonly expiresSeconds?: number;
}

/** The bucket of one operation on one of the two servers. Requests are raw: answers are what came over the wire. */
export class TestBucket {
  readonly #host: string;

  constructor(
    readonly name: string,
    private readonly access: S3Access,
  ) {
    this.#host = new URL(access.endpoint).host;
  }

  /** `http://host:port` of the server. */
  get endpoint(): string {
    return this.access.endpoint;
  }

  get(key: string, options?: RequestOptions): Promise<RawAnswer> {
    return this.send("GET", key, options);
  }
  head(key: string, options?: RequestOptions): Promise<RawAnswer> {
    return this.send("HEAD", key, options);
  }
  put(key: string, options?: RequestOptions): Promise<RawAnswer> {
    return this.send("PUT", key, options);
  }
  post(key: string, options?: RequestOptions): Promise<RawAnswer> {
    return this.send("POST", key, options);
  }
  delete(key: string, options?: RequestOptions): Promise<RawAnswer> {
    return this.send("DELETE", key, options);
  }

  /** Sends a request for a key, or for the bucket itself when the key is empty. */
  send(method: string, key: string, options: RequestOptions = {}): Promise<RawAnswer> {
    const { signer: who = {}, signedAt = new Date() } = options;
    const signer = who === "other" ? this.access.other : who;
    if (!signer) throw new Error("This S3 has no second account.");
    const request = this.#unsigned(method, key, options);
    const headers =
      signer === "none"
        ? { ...request.headers }
        : signedHeaders(request, this.#host, { ...this.access, ...signer }, signedAt);
    const url = this.access.endpoint + target(request.path, request.query);
    return raw(method, url, { headers, ...(options.body !== undefined && { body: options.body }) });
  }

  /** A presigned URL for a key. */
  presign(method: string, key: string, options: PresignOptions = {}): string {
    const { signedAt = new Date(), expiresSeconds = 300 } = options;
    const request = this.#unsigned(method, key, options);
    const query = presignedQuery(request, this.#host, this.access, { at: signedAt, expiresSeconds });
    return this.access.endpoint + target(request.path, query);
  }

  /** Sends a browser's form with a policy of these conditions; `change` has the last word on its fields. */
  form(
    conditions: readonly unknown[],
    fields: Readonly<Record<string, string>>,
    options: {
      readonly file?: string;
      readonly filename?: string;
      readonly expiresSeconds?: number;
      readonly change?: (fields: Record<string, string>) => Record<string, string>;
    } = {},
  ): Promise<RawAnswer> {
    const { file = "the file", filename = "f.bin", expiresSeconds = 300, change = (all) => all } = options;
    const now = new Date();
    const own = policyFields(this.access, now);
    const policy = {
      expiration: new Date(now.getTime() + expiresSeconds * 1000).toISOString(),
      conditions: [
        { bucket: this.name },
        ...Object.entries(own).map(([name, value]) => ({ [name]: value })),
        ...conditions,
      ],
    };
    const all = change({ ...fields, ...own, ...signedPolicy(policy, this.access, now) });
    return sendForm(`${this.access.endpoint}/${this.name}`, all, { bytes: Buffer.from(file), filename });
  }

  #unsigned(method: string, key: string, options: RequestOptions): Unsigned {
    const { query = {}, headers = {}, body = "", bucket = this.name } = options;
    return { method, path: `/${bucket}${key === "" ? "" : `/${key}`}`, query, headers, body };
  }
}

/** The answer to what an operation needs before it can be tried. @throws Error when it was refused */
export async function must(answer: Promise<RawAnswer>): Promise<RawAnswer> {
  const given = await answer;
  if (given.status >= 300) throw new Error(`A preparation was refused: ${given.status} ${given.text}`);
  return given;
}
