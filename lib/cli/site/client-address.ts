import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { clientAddressHeader } from "@/lib/auth/policy";

/** Loopback and private networks, where the operator's own proxies are (RFC 1918, RFC 4193, RFC 6598). */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
] as const)
  privateNetworks.addSubnet(network, prefix);
privateNetworks.addAddress("::1", "ipv6");
privateNetworks.addSubnet("fc00::", 7, "ipv6");

/** Sets the header with the client's IP address. Removes the header the client sent. */
export function setClientAddressHeader(req: IncomingMessage, proxyHops: number): void {
  delete req.headers[clientAddressHeader];
  const address = clientAddress(req, proxyHops);
  if (address !== null) req.headers[clientAddressHeader] = address;
}

/**
 * Returns the client's address: the peer's or, behind n proxies, the n-th entry of X-Forwarded-For from the right, as entries
 * further left can be forged. The peer's, too, where that entry is missing or no address: nothing that a client sends makes it
 * uncounted. Null only when the connection is gone.
 */
function clientAddress(req: IncomingMessage, proxyHops: number): string | null {
  const peer = canonicalAddress(req.socket.remoteAddress ?? "");
  if (proxyHops === 0) return peer;
  return canonicalAddress(forwardedFor(req).split(",").at(-proxyHops) ?? "") ?? peer;
}

function forwardedFor(req: IncomingMessage): string {
  return [req.headers["x-forwarded-for"] ?? []].flat().join(",");
}

/**
 * Tells whether a request came through a proxy although ATOLL_PROXY_HOPS is 0: then all clients have the proxy's address, and share
 * one budget.
 */
export function isProxyUndeclared(req: IncomingMessage, proxyHops: number): boolean {
  const peer = canonicalAddress(req.socket.remoteAddress ?? "");
  return proxyHops === 0 && peer !== null && isPrivate(peer) && forwardedFor(req) !== "";
}

/**
 * Returns an IP address in its one canonical form (RFC 5952): without port, brackets and zone, IPv4-mapped IPv6 as IPv4. Null for
 * anything else.
 */
function canonicalAddress(text: string): string | null {
  const bare = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/%.*$/, "");
  if (isIP(bare) !== 6) return isIP(bare) === 4 ? bare : null;
  // The URL parser writes an address in one form (https://url.spec.whatwg.org/#concept-ipv6-serializer).
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const bits = Number.parseInt(high, 16) * 2 ** 16 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".");
}

function isPrivate(address: string): boolean {
  return privateNetworks.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
