import "server-only";
import type { FileDerivation, Inspected } from "../file/file";
import { rawTypes } from "../raw/kind";
import type { DecoderReply } from "./decoder-process";
import { DecoderError, DecoderLimitError } from "./errors";
import { DecoderPool } from "./pool";

/** The type is null where the file could not even be inspected. */
export type Decoded = FileDerivation | { state: "rejected"; contentType: null; reason: string };

/** Reading headers, and the scans of a JPEG of half a gigabyte. */
const inspection = { memoryBytes: 16e6, cpuSeconds: 8 };
/** A machine may be slower than the one the estimates are from, by four; and short ones vary by more. */
const cpuSecondsFor = (estimated: number) => 4 + 4 * estimated;

const pool = new DecoderPool();

/**
 * Derives a file in child processes, so that a picture that crashes the decoder, makes it hang or takes too much does not harm the
 * worker. Waits until there is memory for it. `isBeginning`: the file is a prefix of the original. A picture that takes more than
 * it may is rejected: it would at each attempt. Throws DecoderError when the decoder failed, Error when none could be started.
 */
export async function decodeFile(filePath: string, isBeginning = false): Promise<Decoded> {
  const inspection = () => inspect(filePath, isBeginning);
  const inspected = await orAtLimit(
    inspection,
    (reason) => ({ state: "rejected", contentType: null, reason }) as const,
  );
  if ("state" in inspected) return inspected;
  if (inspected.budget === null) return inspected.derivation;
  const { contentType, metadata, budget } = inspected;
  const file = { filePath, contentType };
  const reply = await orAtLimit(
    () => pool.run({ step: "derive", ...file }, needOf(budget)),
    (reason): DecoderReply => ({ derivation: { ...rejectedBy(contentType, reason), contentType } }),
  );
  if (!("repair" in reply)) return { metadata, ...resultOf(reply, "derivation").derivation };
  const { need, otherwise } = reply.repair;
  const repaired = await orAtLimit(
    () => pool.run({ step: "repair", ...file }, needOf(need)),
    (): DecoderReply => ({ derivation: otherwise }),
  );
  return { metadata, ...resultOf(repaired, "derivation").derivation };
}

async function inspect(filePath: string, isBeginning: boolean): Promise<Inspected> {
  return resultOf(await pool.run({ step: "inspect", filePath, isBeginning }, inspection), "inspected").inspected;
}

function needOf({ memoryBytes, seconds }: { memoryBytes: number; seconds: number }) {
  return { memoryBytes, cpuSeconds: cpuSecondsFor(seconds) };
}

/** Runs one step. What it takes beyond its limits decides about the picture, as it would at each attempt. */
async function orAtLimit<T, Limited>(
  step: () => Promise<T>,
  limited: (reason: string) => Limited,
): Promise<T | Limited> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof DecoderLimitError) return limited(error.message);
    throw error;
  }
}

/** A raw file is kept: its preview took too much, and not its picture. */
function rejectedBy(contentType: string, reason: string): { state: "kept" } | { state: "rejected"; reason: string } {
  return rawTypes.includes(contentType) ? { state: "kept" } : { state: "rejected", reason };
}

/** Starts decoder processes in advance. */
export const warmDecoders = (count: number): void => pool.warm(count);

/** Ends all decoder processes. The next file starts new ones. */
export const stopDecoders = (): void => pool.stop();

/** Returns the process ids of the decoders, for tests and measurements. "ready": only those that have started up. */
export const decoderPids = (which: "all" | "ready" = "all"): number[] => pool.pids(which);

type Result<Key extends string> = Extract<DecoderReply, Record<Key, unknown>>;

function resultOf<Key extends "inspected" | "derivation">(reply: DecoderReply, key: Key): Result<Key> {
  if ("error" in reply) throw reply.isSystem ? new Error(reply.error) : new DecoderError(reply.error);
  if (key in reply) return reply as Result<Key>;
  throw new DecoderError("The decoder replied to another request.");
}
