import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Address, Query } from "./address";
import { parseAddress } from "./address";

/** A request as the rest of the store reads it. */
export interface Incoming extends Address {
  readonly method: string;
  readonly query: Query;
  readonly requestId: string;
  /** Milliseconds. */
  readonly receivedAt: number;
  readonly remoteAddress: string;
  /** Values of a repeated header are joined with a comma, as SigV4 wants them. Characters are bytes (Latin-1). */
  header(name: string): string | undefined;
  headerNames(): string[];
}

/** @throws S3Error InvalidURI and the like for a target that names nothing */
export function parseIncoming(req: IncomingMessage, requestId: string): Incoming {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    const name = (req.rawHeaders[i] ?? "").toLowerCase();
    const value = req.rawHeaders[i + 1] ?? "";
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return {
    ...parseAddress(req.url ?? "/", headers.get("host")),
    method: req.method ?? "GET",
    requestId,
    receivedAt: Date.now(),
    remoteAddress: (req.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    header: (name) => headers.get(name),
    headerNames: () => [...headers.keys()],
  };
}

/** Header bytes as text: UTF-8 if they are, else the Latin-1 Node made of them. */
export function headerText(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : value;
}
