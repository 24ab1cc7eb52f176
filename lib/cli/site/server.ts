import { once } from "node:events";
import type http from "node:http";
import type { Duplex } from "node:stream";

const closeTimeoutMs = 2_000;

/** Listens on all interfaces. Rejects when the port is in use. */
export async function listen(server: http.Server, port: number): Promise<void> {
  // Longer than the usual idle timeout of load balancers (60 s), so that the server does not close a connection in use.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 20_000;
  // Enough for bodies of at most 1 MiB.
  server.requestTimeout = 60_000;
  server.listen(port);
  await once(server, "listening");
}

const upgraded = new WeakMap<http.Server, Set<Duplex>>();

type Upgrade = (req: http.IncomingMessage, socket: Duplex, head: Buffer) => Promise<unknown>;

/**
 * Passes upgrade requests (hot reload of the dev server) to `upgrade`. Without a listener Node treats them as ordinary
 * requests; with one, the listener must close the sockets. https://nodejs.org/api/http.html#event-upgrade_1
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

/** Stops accepting requests, waits 2 s for running ones, then closes their connections. */
export async function closeServer(server: http.Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  for (const socket of upgraded.get(server) ?? []) socket.destroy();
  const hard = setTimeout(() => server.closeAllConnections(), closeTimeoutMs);
  await closed;
  clearTimeout(hard);
}
