import { combineCrcs } from "@/lib/checksum/crc-combine";
import { CRC64NVME, crcText, crcValue } from "@/lib/checksum/crc-kind";

type Piece = { readonly crc: string; readonly sizeBytes: number };

/** So many are combined before other tasks may run: a millisecond or two. */
const piecesAtOnce = 250;

/** Returns the CRC64NVME of a whole file from those of its parts, in order; `pause` lets other tasks run in between. */
export async function wholeCrc(pieces: readonly Piece[], pause: () => Promise<void>): Promise<string> {
  let crc = 0n;
  for (let start = 0; start < pieces.length; start += piecesAtOnce) {
    if (start > 0) await pause();
    const some = pieces.slice(start, start + piecesAtOnce);
    const next = some.map((piece) => ({ crc: crcValue(piece.crc), sizeBytes: piece.sizeBytes }));
    crc = combineCrcs(CRC64NVME, start === 0 ? next : [{ crc, sizeBytes: 0 }, ...next]);
  }
  return crcText(CRC64NVME, crc);
}
