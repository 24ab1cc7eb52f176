/*
 * Computes digests of files that are still being written, in a thread of its own: it reads each file up to the size in
 * the last message, from the system's cache, while the store receives more. Plain JavaScript, so that a thread starts in
 * milliseconds however the store's TypeScript is run.
 *
 * in:  { id, fd, names, upTo }  read until `upTo` bytes are read
 *      { id, isEnded: true }    answer with the digests and drop the file; `isDiscarded: true` drops it without digests
 * out: { id, at }               bytes read
 *      { id, values } or { id, failure }   the last message about a file: base64 by algorithm, or an error
 */
import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { crc32 } from "node:zlib";

const PIECE_BYTES = 128 * 1024;

/** The CRCs that Node lacks. Their code is shared, as one piece of one file is read at a time. */
const crcs = new Map(workerData.crcs.map((crc) => [crc.name, { ...crc, ...instantiate(crc.program) }]));
/** Files are read into the memory of the most common CRC, which saves it a copy. */
const home = crcs.get("CRC64NVME");
const piece = home.buffer.subarray(0, PIECE_BYTES);
const files = new Map();

function instantiate({ module, bufferAt, bufferBytes }) {
  const { memory, update } = new WebAssembly.Instance(module).exports;
  return { buffer: new Uint8Array(memory.buffer, bufferAt, bufferBytes), update };
}

function running(name) {
  if (name === "CRC32") return runningCrc32();
  const crc = crcs.get(name);
  if (crc) return runningCrc(crc);
  const hash = createHash(name.toLowerCase());
  return { update: (bytes) => hash.update(bytes), digest: () => hash.digest("base64") };
}

function runningCrc32() {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    digest: () => base64(BigInt(value), 32),
  };
}

function runningCrc(crc) {
  const ones = (1n << BigInt(crc.bits)) - 1n;
  let register = ones;
  return {
    update: (bytes) => {
      if (crc !== home) crc.buffer.set(bytes);
      register = BigInt.asUintN(64, crc.update(bytes.length, register));
    },
    digest: () => base64(register ^ ones, crc.bits),
  };
}

function base64(value, bits) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(value);
  return out.toString("base64", 8 - bits / 8);
}

function readOn(file, fd, upTo) {
  while (file.at < upTo) {
    const length = readSync(fd, piece, 0, Math.min(piece.length, upTo - file.at), file.at);
    if (length === 0) throw new Error("A file being received is shorter than what was written to it.");
    const bytes = piece.subarray(0, length);
    for (const digest of file.digests.values()) digest.update(bytes);
    file.at += length;
  }
}

parentPort.on("message", ({ id, fd, names, upTo, isEnded, isDiscarded }) => {
  const file = files.get(id) ?? { at: 0, digests: new Map(names?.map((name) => [name, running(name)])) };
  try {
    if (upTo !== undefined && !file.hasFailed) readOn(file, fd, upTo);
  } catch (failure) {
    file.hasFailed = true;
    parentPort.postMessage({ id, failure });
  }
  if (!isEnded && !isDiscarded) {
    files.set(id, file);
    if (!file.hasFailed) parentPort.postMessage({ id, at: file.at });
    return;
  }
  files.delete(id);
  if (file.hasFailed) return;
  const values = isDiscarded ? [] : [...file.digests].map(([name, digest]) => [name, digest.digest()]);
  parentPort.postMessage({ id, values });
});
