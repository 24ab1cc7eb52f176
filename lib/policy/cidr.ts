import { isIP } from "node:net";

export interface Cidr {
  readonly bits: bigint;
  readonly mask: bigint;
  readonly version: 4 | 6;
}

/** `203.0.113.0/24`, `2001:db8::/32` or a single address; `undefined` if it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", length, more] = text.split("/");
  const version = isIP(address);
  if ((version !== 4 && version !== 6) || more !== undefined) return undefined;
  const width = version === 4 ? 32 : 128;
  if (length !== undefined && (!/^\d{1,3}$/.test(length) || Number(length) > width)) return undefined;
  const kept = BigInt(length ?? width);
  const mask = ((1n << kept) - 1n) << (BigInt(width) - kept);
  return { bits: toBits(address, version) & mask, mask, version };
}

/** @param address a valid IPv4 or IPv6 address */
export function inCidr(address: string, range: Cidr): boolean {
  const version = isIP(address);
  return version === range.version && (toBits(address, range.version) & range.mask) === range.bits;
}

function toBits(address: string, version: 4 | 6): bigint {
  if (version === 4) return address.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
  const plain = (address.split("%")[0] ?? "").replace(/\d+\.\d+\.\d+\.\d+$/, (v4) => {
    const bits = toBits(v4, 4);
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  });
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
