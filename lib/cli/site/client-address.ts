import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { clientAddressHeader } from "@/lib/auth/policy";

/** Where proxies of one's own are: on this machine or in its network (RFC 1918, RFC 4193, RFC 6598). */
const nearby = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
] as const)
  nearby.addSubnet(network, prefix);
nearby.addAddress("::1", "ipv6");
nearby.addSubnet("fc00::", 7, "ipv6");

/** Tells the site whose request this is, in a header that no client can set: theirs is removed. */
export function markClientAddress(req: IncomingMessage, proxyHops: number): void {
  delete req.headers[clientAddressHeader];
  const address = clientAddress(req, proxyHops);
  if (address !== null) req.headers[clientAddressHeader] = address;
}

/**
 * Returns the peer's address or, behind `proxyHops` proxies, what the outermost of them recorded: the n-th of
 * X-Forwarded-For from the right, as the client may have made up what stands further left. Null when it would be the
 * address of a proxy that is not configured: all clients would share it.
 */
function clientAddress(req: IncomingMessage, proxyHops: number): string | null {
  const peer = plainAddress(req.socket.remoteAddress ?? "");
  const forwarded = [req.headers["x-forwarded-for"] ?? []].flat().join(",");
  if (proxyHops === 0) return forwarded !== "" && peer !== null && isNearby(peer) ? null : peer;
  return plainAddress(forwarded.split(",").at(-proxyHops) ?? "") ?? peer;
}

/** An address alone: without a port, and IPv4 as itself where a socket of both kinds dresses it as IPv6. */
function plainAddress(text: string): string | null {
  const bare = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/^::ffff:(?=[\d.]+$)/i, "");
  return isIP(bare) === 0 ? null : bare.toLowerCase();
}

function isNearby(address: string): boolean {
  return nearby.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
