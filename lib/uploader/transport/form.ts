import { smallBytes } from "../state/file";
import { checksumHeader, type PostRequest } from "./transport";

/** S3 replaces this in a key by the file's name. */
const fileNameVariable = "$" + "{filename}";

type Form = Pick<PostRequest, "policy" | "key" | "contentType" | "sha256">;

/** The fields of a POST upload. The file comes after them: S3 ignores fields that follow it. */
function* fieldsOf({ policy, key, contentType, sha256 }: Form): Generator<[name: string, value: string]> {
  for (const [name, value] of Object.entries(policy.fields)) {
    const lower = name.toLowerCase();
    if (lower !== "key" && lower !== "content-type" && lower !== "file") yield [name, value];
  }
  yield ["key", key];
  yield ["Content-Type", contentType];
  if (sha256 !== null) yield [checksumHeader, base64OfHex(sha256)];
}

/** A path that contains S3's variable is kept by giving the file that name; other files need no name. */
function fileNameOf(key: string): string {
  return key.includes(fileNameVariable) ? fileNameVariable : "file";
}

function base64OfHex(hex: string): string {
  let bytes = "";
  for (let at = 0; at < hex.length; at += 2) bytes += String.fromCharCode(Number.parseInt(hex.slice(at, at + 2), 16));
  return btoa(bytes);
}

/**
 * Returns the form of a POST upload, which the browser encodes
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).
 */
export function formOf(request: Form & Pick<PostRequest, "file">): FormData {
  const form = new FormData();
  for (const [name, value] of fieldsOf(request)) form.append(name, value);
  form.append("file", request.file, fileNameOf(request.key));
  return form;
}

const encoder = new TextEncoder();

/** Reused for each form: allocating memory for every file costs more than copying it. */
let scratch = new Uint8Array(0);

/**
 * Returns the same form with the file's bytes, encoded here: a browser passes bytes to the network at once, while a file
 * is opened and read by another process (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data).
 * `body` must be sent before the next form is encoded; XMLHttpRequest and fetch copy it
 * (https://fetch.spec.whatwg.org/#concept-bodyinit-extract).
 */
export function encodedForm(
  request: Form,
  file: Uint8Array,
): { readonly body: Uint8Array<ArrayBuffer>; readonly contentType: string } {
  const boundary = newBoundary();
  let head = "";
  for (const [name, value] of fieldsOf(request)) head += `${disposition(boundary, name)}\r\n\r\n${linesOf(value)}\r\n`;
  head += `${disposition(boundary, "file")}; filename="${escaped(fileNameOf(request.key))}"`;
  head += "\r\nContent-Type: application/octet-stream\r\n\r\n";
  const [before, after] = [encoder.encode(head), encoder.encode(`\r\n--${boundary}--\r\n`)];
  const sizeBytes = before.length + file.length + after.length;
  if (scratch.length < sizeBytes) scratch = new Uint8Array(sizeBytes + smallBytes);
  const body = scratch.subarray(0, sizeBytes);
  body.set(before);
  body.set(file, before.length);
  body.set(after, before.length + file.length);
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}

/** Random, so that no file contains it. */
function newBoundary(): string {
  let text = "----AtollFormBoundary";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) text += byte.toString(16).padStart(2, "0");
  return text;
}

function disposition(boundary: string, name: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
}

function linesOf(value: string): string {
  return value.replace(/\r\n|\r|\n/g, "\r\n");
}

function escaped(name: string): string {
  return linesOf(name).replaceAll("\r\n", "%0D%0A").replaceAll('"', "%22");
}
