import { CRC64NVME, crcText } from "./crc-kind";
import { type CrcStep, crcProgram, crcStep } from "./crc-wasm";

const ones = (1n << 64n) - 1n;
let step: CrcStep | undefined;

/** A running CRC64NVME; `digest` returns base64, as S3's headers carry it. */
export class Crc64nvme {
  #register = ones;

  update(chunk: Uint8Array): void {
    step ??= crcStep(crcProgram(CRC64NVME.polynomial));
    this.#register = step(this.#register, chunk);
  }

  digest(): string {
    return crcText(CRC64NVME, this.#register ^ ones);
  }
}
