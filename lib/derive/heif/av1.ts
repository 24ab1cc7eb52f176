/** What the configuration of an AV1 picture (box `av1C`) says of its values. Range: null where it says nothing. */
export type Av1Values = { isGrey: boolean; range: "full" | "limited" | null };

const greyBit = 0x10;

export function readAv1Values(configuration: Buffer): Av1Values {
  const isGrey = ((configuration[2] ?? 0) & greyBit) !== 0;
  return { isGrey, range: isGrey ? rangeOf(configuration.subarray(4)) : null };
}

/** Reads the sequence header (AV1 specification, 5.5), which comes first. Of grey pictures alone: their colours come after. */
function rangeOf(units: Buffer): Av1Values["range"] {
  const type = ((units[0] ?? 0) >> 3) & 15;
  const hasSize = ((units[0] ?? 0) & 2) !== 0;
  if (type !== 1 || !hasSize || (units[1] ?? 0x80) >= 0x80) return null;
  const bits = new Bits(units.subarray(2));
  const profile = bits.read(3);
  bits.skip(1);
  const isReduced = bits.read(1) === 1;
  if (isReduced) bits.skip(5);
  else if (!skipOperatingPoints(bits)) return null;
  const [widthBits, heightBits] = [bits.read(4) + 1, bits.read(4) + 1];
  bits.skip(widthBits + heightBits);
  if (!isReduced && bits.read(1) === 1) bits.skip(7);
  bits.skip(3);
  if (!isReduced) skipTools(bits);
  bits.skip(3);
  const isDeep = bits.read(1) === 1;
  if (profile === 2 && isDeep) bits.skip(1);
  if (bits.read(1) === 0) return null;
  if (bits.read(1) === 1) bits.skip(24);
  const range = bits.read(1);
  return bits.isEnded ? null : range === 1 ? "full" : "limited";
}

/** Returns false for what still pictures do not have: timing. */
function skipOperatingPoints(bits: Bits): boolean {
  if (bits.read(1) === 1) return false;
  const hasDelay = bits.read(1) === 1;
  for (let left = bits.read(5) + 1; left > 0; left--) {
    bits.skip(12);
    if (bits.read(5) > 7) bits.skip(1);
    if (hasDelay && bits.read(1) === 1) bits.skip(4);
  }
  return true;
}

function skipTools(bits: Bits): void {
  bits.skip(4);
  const hasOrder = bits.read(1) === 1;
  if (hasOrder) bits.skip(2);
  const choosesTools = bits.read(1) === 1;
  const usesTools = choosesTools || bits.read(1) === 1;
  if (usesTools && bits.read(1) === 0) bits.skip(1);
  if (hasOrder) bits.skip(3);
}

class Bits {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isEnded(): boolean {
    return this.#at > this.bytes.length * 8;
  }

  /** Returns an unsigned number of up to 16 bits, the highest first. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      value = value * 2 + (((this.bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  skip(count: number): void {
    this.#at += count;
  }
}
