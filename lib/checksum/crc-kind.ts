/** The parameters of a reflected CRC. Register and result are inverted in all of these. */
export interface CrcKind {
  readonly bits: 32 | 64;
  /** Reflected: its highest power is the lowest bit. */
  readonly polynomial: bigint;
}

/** CRC-32 of zlib. */
export const CRC32: CrcKind = { bits: 32, polynomial: 0xedb88320n };
/** CRC-32C (Castagnoli, RFC 3720). */
export const CRC32C: CrcKind = { bits: 32, polynomial: 0x82f63b78n };
/** CRC-64/NVME (NVM Express NVM Command Set Specification, 5.2.1.3.4). */
export const CRC64NVME: CrcKind = { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n };

/** Returns a CRC as S3's headers carry it: base64 of its bytes in big-endian order. */
export function crcText({ bits }: CrcKind, value: bigint): string {
  const bytes = Array.from({ length: bits / 8 }, (_, i) => Number((value >> BigInt(bits - 8 - i * 8)) & 255n));
  return btoa(String.fromCharCode(...bytes));
}

/** The inverse of `crcText`. @throws DOMException for text that is not base64 */
export function crcValue(text: string): bigint {
  return [...atob(text)].reduce((value, byte) => (value << 8n) | BigInt(byte.charCodeAt(0)), 0n);
}
