import { z } from "zod";

/** JSON by default, SHA256SUMS for `sha256sum --check`, or a bag (RFC 8493) as a tar archive. */
export const receiptFormat = z.enum(["json", "sha256sums", "bagit"]).default("json");
export type ReceiptFormat = z.output<typeof receiptFormat>;
