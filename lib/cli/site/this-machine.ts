import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Listen } from "@/lib/env";
import { isLoopbackAddress, peerOf } from "./networks";

const status = "403 Forbidden";
const body = [
  "This Atoll is set up for this machine only.",
  "Its operator can change that: set ATOLL_URL to the address under which others reach it, or ATOLL_LISTEN=all for a",
  "container's published port.",
].join("\n");
const headers: Readonly<Record<string, string>> = {
  "Content-Type": "text/plain; charset=utf-8",
  "Content-Length": String(body.length + 1),
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  Connection: "close",
};

/** Tells whether a request comes from another machine although the site is for this one only. */
function isForeign(req: Pick<IncomingMessage, "socket">, listen: Listen): boolean {
  const peer = peerOf(req);
  return listen === "loopback" && (peer === null || !isLoopbackAddress(peer));
}

/** Answers a request that comes from another machine where the site is for this one only, and returns whether it did. */
export function refuseForeign(req: IncomingMessage, res: ServerResponse, listen: Listen): boolean {
  if (!isForeign(req, listen)) return false;
  res.writeHead(403, headers);
  // Ends the connection: the body is not read.
  res.end(`${body}\n`, () => req.destroy());
  return true;
}

/** Refuses a request to upgrade as `refuseForeign` does others. */
export function refuseForeignUpgrade(req: IncomingMessage, socket: Duplex, listen: Listen): boolean {
  if (!isForeign(req, listen)) return false;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join("\r\n")}\r\n\r\n${body}\n`);
  return true;
}
