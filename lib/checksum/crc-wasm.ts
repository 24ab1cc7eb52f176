/**
 * A reflected CRC of up to 64 bits as WebAssembly, sixteen bytes a step by as many tables ("slicing-by-16"). JavaScript
 * has no fast 64-bit integers; WebAssembly has, in every browser and in Node. The module is assembled here, instruction
 * by instruction, so that its code can be reviewed.
 * Sources: https://www.intel.com/content/dam/www/public/us/en/documents/white-papers/crc-iscsi-polynomial-crc32-instruction-paper.pdf
 * (slicing), https://webassembly.github.io/spec/core/binary/index.html (encoding)
 */

const STEP_BYTES = 16;
const TABLE_BYTES = 256 * 8;
const BUFFER_AT = STEP_BYTES * TABLE_BYTES;
const BUFFER_BYTES = 128 * 1024;
const PAGE_BYTES = 64 * 1024;

/** Advances a CRC's register (not inverted) by some bytes. */
export type CrcStep = (register: bigint, bytes: Uint8Array) => bigint;

/** A CRC's code with its tables; it can be posted to other threads. */
export interface CrcProgram {
  readonly module: WebAssembly.Module;
  /** Where in its memory `update(length, register)` reads the bytes, and how many it can take. */
  readonly bufferAt: number;
  readonly bufferBytes: number;
}

/** Assembles the code of a CRC. @param polynomial reflected: its highest power is the lowest bit */
export function crcProgram(polynomial: bigint): CrcProgram {
  return { module: new WebAssembly.Module(crcModule(polynomial)), bufferAt: BUFFER_AT, bufferBytes: BUFFER_BYTES };
}

/** Instantiates the code of a CRC. */
export function crcStep({ module }: CrcProgram): CrcStep {
  const { memory, update } = new WebAssembly.Instance(module).exports as {
    memory: WebAssembly.Memory;
    update: (length: number, register: bigint) => bigint;
  };
  const buffer = new Uint8Array(memory.buffer, BUFFER_AT, BUFFER_BYTES);
  return (register, bytes) => {
    for (let at = 0; at < bytes.length; at += BUFFER_BYTES) {
      const piece = at === 0 && bytes.length <= BUFFER_BYTES ? bytes : bytes.subarray(at, at + BUFFER_BYTES);
      buffer.set(piece);
      register = BigInt.asUintN(64, update(piece.length, register));
    }
    return register;
  };
}

/** Table k holds the CRC of each byte followed by k bytes of zeros. Little-endian, as WebAssembly's memory is. */
function crcTables(polynomial: bigint): Uint8Array {
  const tables = new BigUint64Array(BUFFER_AT / 8);
  for (let byte = 0; byte < 256; byte++) {
    let register = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) register = register & 1n ? (register >> 1n) ^ polynomial : register >> 1n;
    tables[byte] = register;
  }
  for (let i = 256; i < tables.length; i++) {
    const shorter = tables[i - 256] ?? 0n;
    tables[i] = (shorter >> 8n) ^ (tables[Number(shorter & 255n)] ?? 0n);
  }
  const bytes = new DataView(new ArrayBuffer(BUFFER_AT));
  for (const [i, entry] of tables.entries()) bytes.setBigUint64(i * 8, entry, true);
  return new Uint8Array(bytes.buffer);
}

const I32 = 0x7f;
const I64 = 0x7e;
const VOID = 0x40;
const op = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  getLocal: 0x20,
  setLocal: 0x21,
  loadI64: 0x29,
  loadByteAsI64: 0x31,
  i32: 0x41,
  i64: 0x42,
  geUnsigned: 0x4f,
  addI32: 0x6a,
  andI32: 0x71,
  xor: 0x85,
  shiftLeft: 0x86,
  shiftRight: 0x88,
  toI32: 0xa7,
} as const;

/** Locals of the function; the first two are its parameters. */
const LENGTH = 0;
const REGISTER = 1;
const AT = 2;
const END = 3;
const WORD = 4;

/** `update(length, register)` over the bytes in the buffer. */
function crcModule(polynomial: bigint): Uint8Array<ArrayBuffer> {
  const body = [
    ...[op.i32, ...signed(BUFFER_AT), op.setLocal, AT],
    ...[op.getLocal, AT, op.getLocal, LENGTH, op.i32, ...signed(-STEP_BYTES), op.andI32, op.addI32, op.setLocal, END],
    ...whileBeforeEnd(STEP_BYTES, wholeStep()),
    ...[
      op.getLocal,
      AT,
      op.getLocal,
      LENGTH,
      op.i32,
      ...signed(STEP_BYTES - 1),
      op.andI32,
      op.addI32,
      op.setLocal,
      END,
    ],
    ...whileBeforeEnd(1, oneByte()),
    ...[op.getLocal, REGISTER, op.end],
  ];
  const locals = [2, 2, I32, 1, I64];
  const code = [...locals, ...body];
  const pages = Math.ceil((BUFFER_AT + BUFFER_BYTES) / PAGE_BYTES);
  return new Uint8Array([
    ...[0, ...text("asm"), 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, I32, I64, 1, I64]), // types: one function
    ...section(3, [1, 0]), // functions: one, of that type
    ...section(5, [1, 0, ...unsigned(pages)]), // memories
    ...section(7, [2, 6, ...text("memory"), 2, 0, 6, ...text("update"), 0, 0]), // exports
    ...section(10, [1, ...unsigned(code.length), ...code]),
    ...section(11, [1, 0, op.i32, 0, op.end, ...unsigned(BUFFER_AT), ...crcTables(polynomial)]), // the tables, at 0
  ]);
}

/** The register is folded into the first eight bytes; then each byte is looked up in the table of its distance to the end. */
function wholeStep(): number[] {
  const lookups = [REGISTER, WORD].flatMap((local, half) =>
    Array.from({ length: 8 }, (_, byte) => lookup(local, byte * 8, STEP_BYTES - 1 - half * 8 - byte)),
  );
  return [
    ...[op.getLocal, REGISTER, op.getLocal, AT, op.loadI64, 3, 0, op.xor, op.setLocal, REGISTER],
    ...[op.getLocal, AT, op.loadI64, 3, 8, op.setLocal, WORD],
    ...lookups.flatMap((one, i) => (i === 0 ? one : [...one, op.xor])),
    ...[op.setLocal, REGISTER],
  ];
}

function oneByte(): number[] {
  return [
    ...[op.getLocal, REGISTER, op.getLocal, AT, op.loadByteAsI64, 0, 0, op.xor, op.setLocal, WORD],
    ...[...lookup(WORD, 0, 0), op.getLocal, REGISTER, op.i64, 8, op.shiftRight, op.xor, op.setLocal, REGISTER],
  ];
}

/** The entry of a table for eight bits of a local; the bits are shifted to where they are a multiple of 8 bytes. */
function lookup(local: number, bit: number, table: number): number[] {
  const shift = bit === 0 ? [op.i64, 3, op.shiftLeft] : [op.i64, ...signed(bit - 3), op.shiftRight];
  const mask = [op.toI32, op.i32, ...signed(255 * 8), op.andI32];
  return [op.getLocal, local, ...shift, ...mask, op.loadI64, 3, ...unsigned(table * TABLE_BYTES)];
}

function whileBeforeEnd(advance: number, work: readonly number[]): number[] {
  return [
    ...[op.block, VOID, op.loop, VOID],
    ...[op.getLocal, AT, op.getLocal, END, op.geUnsigned, op.branchIf, 1],
    ...work,
    ...[op.getLocal, AT, op.i32, ...signed(advance), op.addI32, op.setLocal, AT],
    ...[op.branch, 0, op.end, op.end],
  ];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}

function text(ascii: string): number[] {
  return [...ascii].map((letter) => letter.charCodeAt(0));
}
