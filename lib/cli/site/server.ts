import { once } from "node:events";
import type http from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

const closeTimeoutMs = 8_000;

/** Listens on all interfaces. Rejects when the port is in use. */
export async function listen(server: http.Server, port: number): Promise<void> {
  // Longer than the usual idle timeout of load balancers (60 s), so that the server does not close a connection in use.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 20_000;
  // Enough for bodies of at most 1 MiB.
  server.requestTimeout = 60_000;
  trackRequests(server);
  server.listen(port);
  await once(server, "listening");
}

/** A server's open connections, upgraded ones too, each with the number of its requests under way. */
const requests = new WeakMap<http.Server, Map<Socket, number>>();

function trackRequests(server: http.Server): void {
  const counts = new Map<Socket, number>();
  requests.set(server, counts);
  server.on("connection", (socket) => {
    counts.set(socket, 0);
    socket.once("close", () => counts.delete(socket));
  });
  server.on("request", ({ socket }, res) => {
    counts.set(socket, (counts.get(socket) ?? 0) + 1);
    res.once("close", () => {
      const left = (counts.get(socket) ?? 0) - 1;
      if (counts.has(socket)) counts.set(socket, left);
      if (left === 0 && !server.listening) socket.destroySoon();
    });
  });
}

type Upgrade = (req: http.IncomingMessage, socket: Duplex, head: Buffer) => Promise<unknown>;

/**
 * Passes upgrade requests (hot reload of the dev server) to `upgrade`. Without a listener Node treats them as ordinary
 * requests; with one, the listener must close the sockets. https://nodejs.org/api/http.html#event-upgrade_1
 */
export function acceptUpgrades(server: http.Server, upgrade: Upgrade): void {
  server.on("upgrade", (req, socket, head) => {
    upgrade(req, socket, head).catch(() => socket.destroy());
  });
}

/**
 * Takes no new requests, lets those under way finish until `timeoutMs`, then cuts them off. Returns how many it cut off.
 *
 * Closes connections itself: to Node's `closeIdleConnections` one on which nothing was sent yet (browsers open such ahead
 * of their next request) is not idle, and one whose answer ends later is kept alive for `keepAliveTimeout`.
 */
export async function closeServer(server: http.Server, timeoutMs = closeTimeoutMs): Promise<number> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const counts = requests.get(server) ?? new Map<Socket, number>();
  for (const [socket, count] of counts) if (count === 0) socket.destroy();
  let cutOff = 0;
  const hard = setTimeout(() => {
    for (const count of counts.values()) cutOff += count;
    server.closeAllConnections();
  }, timeoutMs);
  await closed;
  clearTimeout(hard);
  return cutOff;
}
