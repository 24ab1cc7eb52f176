/**
 * Thrown when the decoder crashed or failed on the picture. Failures of the machine (no process could be started, a full disk)
 * are other errors, because the picture is not their cause.
 */
export class DecoderError extends Error {
  override readonly name = "DecoderError";
}

const reasons = {
  memory:
    "This picture takes more memory to decode than it says. The file is stored as uploaded and can be downloaded.",
  time: "This picture takes too long to decode. The file is stored as uploaded and can be downloaded.",
} as const;

export type DecoderLimit = keyof typeof reasons;

/** Thrown when a decoder was ended because the picture took too much. It would again: there is no other attempt. */
export class DecoderLimitError extends Error {
  override readonly name = "DecoderLimitError";

  constructor(limit: DecoderLimit) {
    super(reasons[limit]);
  }
}
