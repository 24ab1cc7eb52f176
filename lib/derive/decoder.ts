import "server-only";
import { DecoderError, DecoderLimitError } from "./decoder-errors";
import { DecoderPool } from "./decoder-pool";
import type { DecoderReply } from "./decoder-process";
import type { FileDerivation, Inspected } from "./file";

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
  let known: Pick<Extract<Inspected, { contentType: string }>, "contentType" | "metadata"> | undefined;
  try {
    const { inspected } = resultOf(await pool.run({ step: "inspect", filePath, isBeginning }, inspection), "inspected");
    if (inspected.budget === null) return inspected.derivation;
    const { contentType, metadata, budget } = inspected;
    known = { contentType, metadata };
    const need = { memoryBytes: budget.memoryBytes, cpuSeconds: cpuSecondsFor(budget.seconds) };
    const reply = await pool.run({ step: "derive", filePath, contentType }, need);
    return { metadata, ...resultOf(reply, "derivation").derivation };
  } catch (error) {
    if (!(error instanceof DecoderLimitError)) throw error;
    const rejected = { state: "rejected", reason: error.message } as const;
    return known ? { ...rejected, ...known } : { ...rejected, contentType: null };
  }
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
