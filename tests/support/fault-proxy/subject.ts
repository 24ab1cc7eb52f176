import type { IncomingMessage } from "node:http";

/** What a request is about, as far as its head (and, of a form, the fields before the file) says. */
export type Subject = {
  /** post: a form · part, create, complete, abort, parts: of a multipart upload · preflight: OPTIONS · other: lists, HEAD … */
  readonly operation:
    | "post"
    | "put"
    | "get"
    | "part"
    | "create"
    | "complete"
    | "abort"
    | "parts"
    | "preflight"
    | "other";
  /** The object's key, path style; empty where the request names none. */
  readonly key: string;
  /** 0 but for parts. */
  readonly part: number;
};

/** `frameBytes`: what of a form's body is not the file. 0 elsewhere. */
export type Read = { readonly subject: Subject; readonly frameBytes: number };

const formHeadLimit = 64 * 1024;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** The same for the same file in every run: ids of uploads in its key are new each time and say nothing. */
export function nameOf({ operation, key, part }: Subject): string {
  return `${operation} ${key.replaceAll(uuid, "*")} ${part}`;
}

/** Of a form the first bytes are read to find its key, and put back. */
export async function read(req: IncomingMessage): Promise<Read> {
  const { pathname, searchParams } = new URL(req.url ?? "/", "http://store");
  const [, , ...segments] = pathname.split("/");
  const key = decoded(segments.join("/"));
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/i.exec(req.headers["content-type"] ?? "")?.[1];
  if (req.method === "POST" && key === "" && boundary) return readForm(req, boundary);
  const part = Number(searchParams.get("partNumber") ?? 0);
  return { subject: { operation: operationOf(req.method ?? "GET", searchParams, key), key, part }, frameBytes: 0 };
}

function operationOf(method: string, query: URLSearchParams, key: string): Subject["operation"] {
  if (method === "OPTIONS") return "preflight";
  if (key === "") return "other";
  if (query.has("uploadId")) {
    if (method === "PUT") return "part";
    if (method === "POST") return "complete";
    return method === "DELETE" ? "abort" : "parts";
  }
  if (method === "POST") return query.has("uploads") ? "create" : "other";
  if (method === "PUT") return "put";
  return method === "GET" ? "get" : "other";
}

/** As it is where it cannot be decoded: what to say of it is the store's concern. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function readForm(req: IncomingMessage, boundary: string): Promise<Read> {
  const file = /name="file"[\s\S]*?\r\n\r\n/;
  const head = await firstBytes(req, (text) => file.test(text));
  const fields = head.toString("latin1");
  // The field's bytes are UTF-8.
  const value = /name="key"[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/i.exec(fields)?.[1] ?? "";
  const start = file.exec(fields);
  const before = start ? start.index + start[0].length : head.length;
  const after = `\r\n--${boundary}--\r\n`.length;
  const key = Buffer.from(value, "latin1").toString("utf8");
  return { subject: { operation: "post", key, part: 0 }, frameBytes: before + after };
}

/** Reads until `enough`, or 64 KiB, or the end, and puts everything back. */
async function firstBytes(req: IncomingMessage, enough: (text: string) => boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let all: Buffer = Buffer.alloc(0);
  while (!enough(all.toString("latin1")) && all.length < formHeadLimit) {
    const chunk: Buffer | null = req.read();
    if (chunk) {
      chunks.push(chunk);
      all = Buffer.concat(chunks);
    } else if (req.readableEnded || req.destroyed || !(await more(req))) break;
  }
  if (all.length > 0 && !req.readableEnded && !req.destroyed) req.unshift(all);
  return all;
}

function more(req: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isMore: boolean) => () => {
      req.off("readable", readable).off("end", ended).off("close", ended);
      resolve(isMore);
    };
    const [readable, ended] = [settle(true), settle(false)];
    req.on("readable", readable).on("end", ended).on("close", ended);
  });
}
