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
  // With listeners of their own, requests with an `Expect` header emit no "request". Without one, Node answers 100 or 417.
  for (const event of ["checkContinue", "checkExpectation"])
    if (server.listenerCount(event) > 0) server.prependListener(event, count);
}

/** Tells whether a request of a connection is under way. */
export function isAnswering(server: Server, socket: Socket): boolean {
  return (requests.get(server)?.get(socket) ?? 0) > 0;
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
