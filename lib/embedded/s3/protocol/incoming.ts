import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Address, Query } from "./address";
import { parseAddress } from "./address";

/** A parsed request. */
export interface Incoming extends Address {
  readonly method: string;
  readonly query: Query;
  readonly requestId: string;
  /** Milliseconds. */
  readonly receivedAt: number;
  readonly remoteAddress: string;
  /** Values of a repeated header are joined with a comma, as in SigV4. Characters are bytes (Latin-1). */
  header(name: string): string | undefined;
  headerNames(): string[];
}

/** Parses a request. @throws S3Error InvalidURI, KeyTooLongError, InvalidArgument for a malformed target */
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

/** Decodes header bytes: as UTF-8 when they are valid, else as Latin-1, which Node assumed. */
export function headerText(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : value;
}
