import { z } from "zod";

/** `atoll/owner.json`: who may change the bucket. */
export const ownerFile = z.object({
  installation: z.uuid(),
  generation: z.int().positive(),
  /** Random; drawn anew about once a minute while a worker runs. */
  mark: z.string().min(1),
  /** Of the owner's database: its server's system identifier and its oid. */
  place: z.string().min(1),
  /** For the operator who finds the file: the site's base URL, and when this was written. */
  site: z.string(),
  writtenAt: z.iso.datetime(),
});
export type OwnerFileContent = z.output<typeof ownerFile>;
