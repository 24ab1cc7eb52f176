import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/** Loopback and private networks, where the operator's own proxies are (RFC 1918, RFC 4193, RFC 6598). */
const privateNetworks = networksOf([
  ...["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
  ...["::1/128", "fc00::/7"],
]);
const loopback = networksOf(["127.0.0.0/8", "::1/128"]);

/** Returns a list of networks, each as CIDR; an address alone is a network of one. */
export function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [network = "", prefix] = text.split("/");
    const isV6 = isIP(network) === 6;
    list.addSubnet(network, prefix === undefined ? (isV6 ? 128 : 32) : Number(prefix), isV6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** Tells whether an address, in its canonical form, is in one of the networks. */
export function isIn(networks: BlockList, address: string): boolean {
  return networks.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

export const isPrivate = (address: string): boolean => isIn(privateNetworks, address);
export const isLoopbackAddress = (address: string): boolean => isIn(loopback, address);

/** Returns the address at the other end of a request's connection; null when the connection is gone. */
export function peerOf(req: Pick<IncomingMessage, "socket">): string | null {
  return canonicalAddress(req.socket.remoteAddress ?? "");
}

/**
 * Returns an IP address in its one canonical form (RFC 5952): without port, brackets and zone, IPv4-mapped IPv6 as IPv4. Null for
 * anything else.
 */
export function canonicalAddress(text: string): string | null {
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
