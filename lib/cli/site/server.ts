import { once } from "node:events";
import type http from "node:http";
import type { Duplex } from "node:stream";

const closeTimeoutMs = 2_000;

/** Listens on all interfaces. Rejects when the port is taken. */
export async function listen(server: http.Server, port: number): Promise<void> {
  // Longer than the minute after which load balancers let go: the server must not be the first to hang up.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 20_000;
  // Bodies have 1 MiB at most.
  server.requestTimeout = 60_000;
  server.listen(port);
  await once(server, "listening");
}

const upgraded = new WeakMap<http.Server, Set<Duplex>>();

type Upgrade = (req: http.IncomingMessage, socket: Duplex, head: Buffer) => Promise<unknown>;

/**
 * Hands upgraded connections (the dev server's channel) to `upgrade`. A server without this answers such requests as any
 * other, https://nodejs.org/api/http.html#event-upgrade_1; with it, nobody but us closes a socket left unhandled.
 */
export function acceptUpgrades(server: http.Server, upgrade: Upgrade): void {
  const sockets = new Set<Duplex>();
  upgraded.set(server, sockets);
  server.on("upgrade", (req, socket, head) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    upgrade(req, socket, head).catch(() => socket.destroy());
  });
}

/** Takes no new requests, lets those under way finish for 8 s, then cuts them off. */
export async function closeServer(server: http.Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  for (const socket of upgraded.get(server) ?? []) socket.destroy();
  const hard = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
  await closed;
  clearTimeout(hard);
}
