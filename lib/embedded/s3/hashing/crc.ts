import { crc32 } from "node:zlib";
import { CRC32, type CrcKind, crcText } from "@/lib/checksum/crc-kind";
import { type CrcProgram, type CrcStep, crcProgram, crcStep } from "@/lib/checksum/crc-wasm";

/** A running CRC; `digest` returns base64 of its big-endian bytes, as S3's headers carry it. */
export interface RunningCrc {
  update(chunk: Uint8Array): void;
  digest(): string;
}

/** CRC-32 by Node. */
export class Crc32 implements RunningCrc {
  #value = 0;

  update(chunk: Uint8Array): void {
    this.#value = crc32(chunk, this.#value);
  }

  digest(): string {
    return crcText(CRC32, BigInt(this.#value));
  }
}

const programs = new Map<CrcKind, CrcProgram>();
const steps = new Map<CrcKind, CrcStep>();

/** Returns the code of a CRC, assembled at the first use. */
export function programOf(kind: CrcKind): CrcProgram {
  const program = programs.get(kind) ?? crcProgram(kind.polynomial);
  programs.set(kind, program);
  return program;
}

/** The CRCs that Node lacks. */
export class WasmCrc implements RunningCrc {
  readonly #step: CrcStep;
  readonly #ones: bigint;
  #register: bigint;

  constructor(readonly kind: CrcKind) {
    const step = steps.get(kind) ?? crcStep(programOf(kind));
    steps.set(kind, step);
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
