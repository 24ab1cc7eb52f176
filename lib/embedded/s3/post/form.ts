import { S3Error } from "../protocol/errors";

/** A browser's upload form up to and including its file. */
export interface UploadForm {
  /** Values by lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  /** As the client sent it, with folders. */
  readonly filename: string;
  /** The file's bytes, to be read once. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** S3's limit for everything before the file. */
const MAX_FIELD_BYTES = 20_000;
const MAX_PART_HEADER_BYTES = 8192;
const MAX_FIELDS = 100;

/** The boundary of a multipart/form-data content type. @throws S3Error MalformedPOSTRequest */
export function formBoundary(contentType: string | undefined): string {
  const parts = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;",]{1,70}))/i.exec(
    contentType ?? "",
  );
  const boundary = parts?.[1] ?? parts?.[2];
  if (!boundary) throw malformed();
  return boundary;
}

/**
 * Reads a form (RFC 7578) as a stream: the fields, then the file, which must be last; the rest is ignored. A
 * repeated field is rejected, as the policy would check only one of the two.
 * @throws S3Error MalformedPOSTRequest, MaxPostPreDataLengthExceededError, IncorrectNumberOfFilesInPostRequest
 */
export async function readForm(source: AsyncIterable<Buffer>, boundary: string): Promise<UploadForm> {
  const reader = new FormReader(source, boundary);
  const fields = new Map<string, string>();
  let left = MAX_FIELD_BYTES;
  await reader.preamble();
  for (;;) {
    const head = await reader.partHead();
    if (!head) throw new S3Error("IncorrectNumberOfFilesInPostRequest");
    const name = head.name.toLowerCase();
    if (name === "file") return { fields, filename: head.filename ?? "", chunks: reader.partBody() };
    const parts: Buffer[] = [];
    left -= head.name.length;
    for await (const chunk of reader.partBody()) {
      left -= chunk.length;
      if (left < 0) throw new S3Error("MaxPostPreDataLengthExceededError");
      parts.push(chunk);
    }
    if (fields.has(name))
      throw new S3Error("InvalidArgument", `The form field ${name} was given twice.`, { ArgumentName: name });
    if (fields.size >= MAX_FIELDS) throw new S3Error("MaxPostPreDataLengthExceededError");
    fields.set(name, Buffer.concat(parts).toString("utf8"));
  }
}

class FormReader {
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  readonly #iterator: AsyncIterator<Buffer>;
  readonly #delimiter: Buffer;

  constructor(source: AsyncIterable<Buffer>, boundary: string) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  }

  /** Skips to the first boundary, which may be at the very start. */
  async preamble(): Promise<void> {
    this.#buffer = Buffer.from("\r\n");
    let skipped = 0;
    for await (const chunk of this.partBody()) {
      skipped += chunk.length;
      if (skipped > MAX_PART_HEADER_BYTES) throw malformed();
    }
  }

  /** The headers of the next part, `undefined` after the last. */
  async partHead(): Promise<{ name: string; filename: string | undefined } | undefined> {
    await this.#need(2);
    if (this.#buffer.subarray(0, 2).equals(DASHES)) return undefined;
    let end = this.#buffer.indexOf("\r\n\r\n");
    while (end < 0) {
      if (this.#buffer.length > MAX_PART_HEADER_BYTES) throw malformed();
      await this.#need(this.#buffer.length + 1);
      end = this.#buffer.indexOf("\r\n\r\n");
    }
    const lines = this.#buffer.toString("utf8", 0, end).split("\r\n");
    if ((lines.shift() ?? "").trim() !== "") throw malformed(); // only padding may follow the boundary
    this.#buffer = this.#buffer.subarray(end + 4);
    const disposition = lines.find((line) => /^content-disposition\s*:/i.test(line)) ?? "";
    const name = parameter(disposition, "name");
    if (!/:\s*form-data\b/i.test(disposition) || name === undefined) throw malformed();
    return { name, filename: parameter(disposition, "filename") };
  }

  /** Yields the bytes of the part up to its boundary; only bytes that could begin a boundary are held back. */
  async *partBody(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const at = this.#buffer.indexOf(this.#delimiter);
      if (at >= 0) {
        const rest = this.#buffer.subarray(0, at);
        this.#buffer = this.#buffer.subarray(at + this.#delimiter.length);
        if (rest.length > 0) yield rest;
        return;
      }
      const safe = this.#buffer.length - this.#delimiter.length + 1;
      if (safe > 0) {
        const piece = this.#buffer.subarray(0, safe);
        this.#buffer = this.#buffer.subarray(safe);
        yield piece;
      }
      await this.#need(this.#buffer.length + 1);
    }
  }

  async #need(length: number): Promise<void> {
    while (this.#buffer.length < length) {
      const { done, value } = this.#ended ? { done: true, value: undefined } : await this.#iterator.next();
      if (done || !value) {
        this.#ended = true;
        throw malformed();
      }
      this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value]);
    }
  }
}

const DASHES = Buffer.from("--");

/** A parameter of Content-Disposition. Quotes inside come as `\"` (curl) or `%22` (browsers, kept as sent). */
function parameter(header: string, name: string): string | undefined {
  const quoted = new RegExp(`;\\s*${name}="((?:\\\\"|[^"])*)"`, "i").exec(header)?.[1];
  if (quoted !== undefined) return quoted.replaceAll('\\"', '"');
  return new RegExp(`;\\s*${name}=([^\\s;"]+)`, "i").exec(header)?.[1];
}

function malformed(): S3Error {
  return new S3Error("MalformedPOSTRequest");
}
