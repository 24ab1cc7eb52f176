import type { IncomingMessage } from "node:http";
import { clientAddressHeader } from "@/lib/auth/policy";
import { canonicalAddress, isIn, isPrivate, networksOf, peerOf } from "./networks";

/** The proxies in front of the site: how many there are, and networks of theirs beside loopback and the private ones, as CIDR. */
export type Proxies = { hops: number; networks: readonly string[] };

export type ClientAddress = {
  /** Sets the header with the client's address, in place of the one that the client sent. */
  set(req: IncomingMessage): void;
  /**
   * Returns a line for the operator where a request came through a proxy that is not declared: all its clients have the proxy's
   * address then, and share one budget.
   */
  undeclaredProxy(req: IncomingMessage): string | null;
};

/** Reads the addresses of clients. X-Forwarded-For is believed of proxies alone: any other peer may have made it up. */
export function clientAddressBehind({ hops, networks }: Proxies): ClientAddress {
  const declared = networksOf(networks);
  const isProxy = (peer: string) => isPrivate(peer) || isIn(declared, peer);
  return {
    set(req) {
      delete req.headers[clientAddressHeader];
      const peer = peerOf(req);
      const forwarded = hops > 0 && peer !== null && isProxy(peer) ? forwardedAddress(req, hops) : null;
      const address = forwarded ?? peer;
      // Missing only when the connection is gone.
      if (address !== null) req.headers[clientAddressHeader] = address;
    },
    undeclaredProxy(req) {
      const peer = peerOf(req);
      // Where no proxy is expected, a header from the internet is the client's own.
      if (peer === null || forwardedFor(req) === "" || isProxy(peer) === hops > 0) return null;
      if (hops === 0) return "Requests come through a proxy, so that all clients count as one: set ATOLL_PROXY_HOPS=1.";
      return `X-Forwarded-For of ${peer} is ignored. If that is your proxy, name it: ATOLL_PROXY_NETWORKS=${peer}`;
    },
  };
}

/**
 * Returns the client's address as the proxies saw it: behind n of them the n-th entry of X-Forwarded-For from the right, as entries
 * further left can be forged. Null where that entry is missing or no address: then the peer is counted, and nothing that a client
 * sends makes it uncounted.
 */
function forwardedAddress(req: IncomingMessage, hops: number): string | null {
  return canonicalAddress(forwardedFor(req).split(",").at(-hops) ?? "");
}

function forwardedFor(req: IncomingMessage): string {
  return [req.headers["x-forwarded-for"] ?? []].flat().join(",");
}
