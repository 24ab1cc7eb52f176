import { once } from "node:events";
import type http from "node:http";
import type { Duplex } from "node:stream";
import { trackRequests } from "@/lib/embedded/server-close";

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
