import { once } from "node:events";
import type http from "node:http";
import type { Duplex } from "node:stream";

const closeTimeoutMs = 8_000;

/** Listens on all interfaces. Rejects when the port is taken. */
export async function listen(server: http.Server, port: number): Promise<void> {
  // Longer than the minute after which load balancers let go: the server must not be the first to hang up.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 20_000;
  // Bodies have 1 MiB at most.
  server.requestTimeout = 60_000;
  trackUpgrades(server);
  server.listen(port);
  await once(server, "listening");
}

const upgraded = new WeakMap<http.Server, Set<Duplex>>();

// Upgraded sockets (the dev server's channel) are no longer the server's to close.
function trackUpgrades(server: http.Server): void {
  const sockets = new Set<Duplex>();
  upgraded.set(server, sockets);
  server.on("upgrade", (_req, socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
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
