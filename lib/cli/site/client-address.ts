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
 * Returns the client's address: the peer's or, behind n proxies, the n-th entry of X-Forwarded-For from the right, as
 * entries further left can be forged. Null when ATOLL_PROXY_HOPS is 0 but a proxy in a private network forwarded the
 * request: its address would be the same for all clients.
 */
function clientAddress(req: IncomingMessage, proxyHops: number): string | null {
  const peer = plainAddress(req.socket.remoteAddress ?? "");
  const forwarded = [req.headers["x-forwarded-for"] ?? []].flat().join(",");
  if (proxyHops === 0) return forwarded !== "" && peer !== null && isPrivate(peer) ? null : peer;
  return plainAddress(forwarded.split(",").at(-proxyHops) ?? "") ?? peer;
}

/** Returns a bare IP address: without port, and IPv4-mapped IPv6 addresses as IPv4. Null for anything else. */
function plainAddress(text: string): string | null {
  const bare = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/^::ffff:(?=[\d.]+$)/i, "");
  return isIP(bare) === 0 ? null : bare.toLowerCase();
}

function isPrivate(address: string): boolean {
  return privateNetworks.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
