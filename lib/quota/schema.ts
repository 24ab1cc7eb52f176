import { z } from "zod";

const powers = ["", "k", "m", "g", "t", "p"];

/** Parses "500 MB", "1.5TiB" or plain bytes into bytes; "none" into null, no limit. */
export const quotaInput = z.string().transform((text, context): bigint | null => {
  if (text.trim().toLowerCase() === "none") return null;
  const [, number, prefix = "", binary] = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgtp]?)(i?)b)?\s*$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (binary ? 1_024 : 1_000) ** powers.indexOf(prefix.toLowerCase()));
  if (Number.isSafeInteger(bytes)) return BigInt(bytes);
  context.addIssue({
    code: "custom",
    message: `"${text}" is not a size. Use 500 MB, 1.5 TiB, a number of bytes, or none.`,
  });
  return z.NEVER;
});

/** In bytes; null is no limit. */
export type QuotaChange = {
  before: number | null;
  after: number | null;
  used: number;
  reserved: number;
};
