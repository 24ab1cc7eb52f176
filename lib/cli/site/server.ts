import { once } from "node:events";
import type http from "node:http";
import type { Duplex } from "node:stream";
import { trackRequests } from "@/lib/embedded/server-close";

/** Listens on all interfaces: `refuseForeign` says to other machines why they may not come in. Rejects when the port is in use. */
export async function listen(server: http.Server, port: number): Promise<void> {
  // Longer than the usual idle timeout of load balancers (60 s), so that the server does not close a connection in use.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 20_000;
  // Enough for bodies of at most 1 MiB.
  server.requestTimeout = 60_000;
  server.on("clientError", answerClientError);
  trackRequests(server);
  server.listen(port);
  await once(server, "listening");
}

// https://nodejs.org/api/http.html#event-clienterror
const clientErrors: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers requests that Node cannot parse. Node's own answers lack the security headers. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = clientErrors[error.code ?? ""] ?? "400 Bad Request";
  const body = `${status.slice(4)}\n`;
  const headers = [
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
  ];
  socket.end(`HTTP/1.1 ${status}\r\n${headers.join("\r\n")}\r\n\r\n${body}`);
}

type Upgrade = (req: http.IncomingMessage, socket: Duplex, head: Buffer) => Promise<unknown>;

type RefuseUpgrade = (req: http.IncomingMessage, socket: Duplex) => boolean;

/**
 * Passes upgrade requests (hot reload of the dev server) to `upgrade`, but those that `refuse` has answered. Without a listener Node treats them as ordinary
 * requests; with one, the listener must close the sockets. https://nodejs.org/api/http.html#event-upgrade_1
 */
export function acceptUpgrades(server: http.Server, upgrade: Upgrade, refuse: RefuseUpgrade = () => false): void {
  server.on("upgrade", (req, socket, head) => {
    if (refuse(req, socket)) return;
    upgrade(req, socket, head).catch(() => socket.destroy());
  });
}
