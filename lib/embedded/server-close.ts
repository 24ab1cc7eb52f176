import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A server's open connections, upgraded ones too, each with the number of its requests under way. */
const requests = new WeakMap<Server, Map<Socket, number>>();

/** Counts the requests under way on each connection, for `closeServer`. Call it before the server listens. */
export function trackRequests(server: Server): void {
  const counts = new Map<Socket, number>();
  requests.set(server, counts);
  server.on("connection", (socket) => {
    counts.set(socket, 0);
    socket.once("close", () => counts.delete(socket));
  });
  const count = ({ socket }: IncomingMessage, res: ServerResponse) => {
    counts.set(socket, (counts.get(socket) ?? 0) + 1);
    res.once("close", () => {
      const left = (counts.get(socket) ?? 0) - 1;
      if (counts.has(socket)) counts.set(socket, left);
      if (left === 0 && !server.listening) socket.destroySoon();
    });
  };
  server.on("request", count);
  // With a listener of its own, a request with `Expect: 100-continue` emits no "request". Without one, Node sends the 100.
  if (server.listenerCount("checkContinue") > 0) server.prependListener("checkContinue", count);
}

/**
 * Takes no new requests, lets those under way finish until `timeoutMs`, then cuts them off. Returns how many it cut off.
 *
 * Closes connections itself: to Node's `closeIdleConnections` one on which nothing was sent yet (browsers open such ahead
 * of their next request) is not idle, and one whose answer ends later is kept alive for `keepAliveTimeout`.
 */
export async function closeServer(server: Server, timeoutMs: number): Promise<number> {
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
