import { crc32 } from "node:zlib";
import { type CrcStep, compileCrc } from "./crc-wasm";

/** A running cyclic redundancy check; `digest` gives it in base64 of big-endian bytes, as S3's headers carry it. */
export interface RunningCrc {
  update(chunk: Uint8Array): void;
  digest(): string;
}

/** What tells one reflected CRC from another. Register and result are inverted in all of these. */
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

/** Natively. */
export class Crc32 implements RunningCrc {
  #value = 0;

  update(chunk: Uint8Array): void {
    this.#value = crc32(chunk, this.#value);
  }

  digest(): string {
    return crcText(CRC32, BigInt(this.#value));
  }
}

const compiled = new Map<CrcKind, CrcStep>();

/** The CRCs Node does not have. Their code is made when the first body needs it. */
export class WasmCrc implements RunningCrc {
  readonly #step: CrcStep;
  readonly #ones: bigint;
  #register: bigint;

  constructor(readonly kind: CrcKind) {
    const step = compiled.get(kind) ?? compileCrc(kind.polynomial);
    compiled.set(kind, step);
    this.#step = step;
    this.#ones = (1n << BigInt(kind.bits)) - 1n;
    this.#register = this.#ones;
  }

  update(chunk: Uint8Array): void {
    this.#register = this.#step(this.#register, chunk);
  }

  digest(): string {
    return crcText(this.kind, this.#register ^ this.#ones);
  }
}

/** A CRC as S3 writes it. */
export function crcText({ bits }: CrcKind, value: bigint): string {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(value);
  return out.toString("base64", 8 - bits / 8);
}

/** The inverse of `crcText`. */
export function crcValue(text: string): bigint {
  return BigInt(`0x${Buffer.from(text, "base64").toString("hex")}`);
}
