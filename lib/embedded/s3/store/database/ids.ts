import { randomBytes } from "node:crypto";

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);

/** Random bytes in hexadecimal; the system is asked for 4 KiB at a time. */
function randomHex(bytes: number): string {
  if (pool.length < bytes) pool = randomBytes(POOL_BYTES);
  const hex = pool.toString("hex", 0, bytes);
  pool = pool.subarray(bytes);
  return hex;
}

let lastMs = 0;
let counter = 0;

/** 32 hexadecimal characters that grow with time (so the database appends) and cannot be guessed. */
export function newId(): string {
  const now = Date.now();
  if (now > lastMs) [lastMs, counter] = [now, 0];
  else if (++counter > 0xffff) [lastMs, counter] = [lastMs + 1, 0];
  return lastMs.toString(16).padStart(12, "0") + counter.toString(16).padStart(4, "0") + randomHex(8);
}

const ID = /^[0-9a-f]{32}$/;

export function isId(text: string): boolean {
  return ID.test(text);
}

/** 16 characters, unique to a request. */
export function newRequestId(): string {
  return randomHex(8).toUpperCase();
}

/** The order of a new version: by the clock, and greater than `newest` even if the clock was set back. */
export function nextOrder(newest: number | undefined): number {
  return Math.max(Date.now() * 1024, (newest ?? 0) + 1);
}

/** The current time in whole seconds, as S3 keeps it, in milliseconds. */
export function wholeSeconds(): number {
  return Math.floor(Date.now() / 1000) * 1000;
}

const ORDER_DIGITS = 14;

export function versionIdOf(order: number): string {
  return order.toString(16).padStart(ORDER_DIGITS, "0") + randomHex(9);
}

/** The order inside a version id, `undefined` if it is malformed. */
export function orderOf(versionId: string): number | undefined {
  return isId(versionId) ? Number.parseInt(versionId.slice(0, ORDER_DIGITS), 16) : undefined;
}
