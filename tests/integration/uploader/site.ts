import { AppError } from "@/lib/errors";
import { partSizeOf, uploadPolicy } from "@/lib/upload/policy";
import type {
  CompleteInput,
  FileAnswer,
  FileToSend,
  OpenedUpload,
  PartsInput,
  PartUrls,
  PostPolicy,
} from "@/lib/upload/schema";
import type { UploadServer } from "@/lib/uploader/transport/server";

import type { Storage } from "./storage";

/** What the site keeps of a file. */
type Row = FileToSend & { readonly id: string; s3UploadId: string | null; begun: Promise<string> | null };

let rows = 0;
function newRow(file: FileToSend): Row {
  return { ...file, id: uuidOf(++rows), s3UploadId: null, begun: null };
}

function uuidOf(serial: number): string {
  return `0190b1f4-0000-7000-8000-${String(serial).padStart(12, "0")}`;
}

let uploads = 0;

/** The site's part, with the storage's real policies: everything that was sealed counts as verified. */
export class Site implements UploadServer {
  readonly #id = uuidOf(++uploads);
  readonly prefix = `media/c/${this.#id}/`;
  readonly calls: string[] = [];

  constructor(readonly storage: Storage) {}

  /** Replaced by tests that want another policy. */
  grant: () => Promise<PostPolicy> = () => this.storage.policy(this.prefix);

  async open(): Promise<OpenedUpload> {
    this.calls.push("open");
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    return { id: this.#id, state: "open", prefix: this.prefix, policy: await this.grant(), expiresAt };
  }

  readonly #rows = new Map<string, Row>();
  /** How long part URLs live. */
  urlSeconds = 900;
  /** Bytes all files may have together; null: any number. */
  quotaBytes: number | null = null;
  /** Sizes the collection has, with their checksums; and paths it has. */
  readonly known = new Map<number, string>();
  readonly taken = new Map<string, number>();

  async resume() {
    this.calls.push("resume");
    return { prefix: this.prefix, policy: await this.grant(), status: await this.status() };
  }

  async files(_: string, files: readonly FileToSend[]): Promise<FileAnswer[]> {
    this.calls.push("files");
    const arrived = await this.storage.arrived(this.prefix);
    const wanted = files.reduce((sum, { path, size }) => sum + (this.#rows.has(path) ? 0 : size), 0);
    const used = [...this.#rows.values()].reduce((sum, { size }) => sum + size, 0);
    if (this.quotaBytes !== null && used + wanted > this.quotaBytes)
      throw new AppError("TOO_LARGE", "This does not fit into what is left.");
    return Promise.all(files.map((file) => this.#answer(file, arrived.files.get(file.path))));
  }

  async #answer(file: FileToSend, there: { sizeBytes: number; etag: string } | undefined): Promise<FileAnswer> {
    const { path, size, sha256, md5, modifiedAt } = file;
    const before = this.#rows.get(path);
    const same = before?.size === size && before.modifiedAt === modifiedAt;
    const row: Row = same ? { ...before, ...(md5 && { md5 }), ...(sha256 && { sha256 }) } : newRow(file);
    this.#rows.set(path, row);
    if (before && !same && before.s3UploadId) await this.storage.abortMultipart(this.prefix + path, before.s3UploadId);
    const isThere = there?.sizeBytes === size && (row.md5 === there.etag || (same && row.s3UploadId === null));
    const isKnown = sha256 !== undefined && this.known.get(size) === sha256;
    if (isThere || isKnown) return { path, status: "present" };
    const kind = this.taken.get(path) === size ? ("same" as const) : ("other" as const);
    const hints = {
      ...(this.taken.has(path) && { exists: kind }),
      ...(this.known.has(size) && !sha256 && { mayBeKnown: true }),
    };
    if (size < uploadPolicy.multipartFromBytes) return { path, status: "post", ...hints };
    const partSize = partSizeOf(size);
    const done = row.s3UploadId ? await this.storage.parts(this.prefix + path, row.s3UploadId) : [];
    // Put together by the call of a page that is gone: the file is begun anew.
    if (!done) Object.assign(row, { s3UploadId: null, begun: null });
    const parts = { partCount: Math.ceil(size / partSize), done: (done ?? []).map(({ PartNumber }) => PartNumber) };
    return { path, status: "multipart", multipart: { fileId: row.id, partSize, ...parts }, ...hints };
  }

  #byId(fileId: string): Row {
    const row = [...this.#rows.values()].find(({ id }) => id === fileId);
    if (!row) throw new AppError("NOT_FOUND", "no such file");
    return row;
  }

  async parts(_: string, { fileId, parts, checksums }: PartsInput): Promise<PartUrls> {
    this.calls.push("parts");
    const row = this.#byId(fileId);
    const key = this.prefix + row.path;
    row.begun ??= this.storage.beginMultipart(key);
    const s3UploadId = await row.begun;
    row.s3UploadId = s3UploadId;
    const urls = await Promise.all(
      parts.map(async (n) => [n, await this.storage.partUrl(key, s3UploadId, n, checksums?.[n], this.urlSeconds)]),
    );
    return { urls: Object.fromEntries(urls), expiresAt: new Date().toISOString() };
  }

  async complete(_: string, { fileId, crc64nvme }: CompleteInput): Promise<void> {
    this.calls.push("complete");
    const row = this.#byId(fileId);
    if (row.s3UploadId) await this.storage.complete(this.prefix + row.path, row.s3UploadId, crc64nvme);
    row.s3UploadId = null;
  }

  async cancel(_: string, paths: readonly string[]): Promise<void> {
    this.calls.push("cancel");
    for (const path of paths) {
      const row = this.#rows.get(path);
      this.#rows.delete(path);
      if (row?.s3UploadId) await this.storage.abortMultipart(this.prefix + path, row.s3UploadId);
    }
  }

  /** The digests that were registered, by path. */
  get checksums(): Map<string, { sha256: string | undefined; md5: string | undefined }> {
    return new Map([...this.#rows].map(([path, { sha256, md5 }]) => [path, { sha256, md5 }]));
  }

  async renewPolicy(): Promise<PostPolicy> {
    this.calls.push("renew");
    return this.grant();
  }

  async seal(): Promise<void> {
    this.calls.push("seal");
  }

  async abort(): Promise<void> {
    this.calls.push("abort");
  }

  async status() {
    const { files } = await this.storage.arrived(this.prefix);
    const counts = { total: files.size, verified: files.size, rejected: 0, pending: 0 };
    const dates = { createdAt: new Date().toISOString(), expiresAt: new Date().toISOString() };
    const rest = { label: "", plannedFiles: null, plannedBytes: null, bytes: 0, rejected: [] };
    return { id: this.#id, state: "verified" as const, ...dates, ...rest, files: counts };
  }
}
