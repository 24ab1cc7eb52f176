/** One way to upload. `tuned`: other settings than the documented ones, where there are such. */
export type Contestant = {
  /** Everything is in the storage when it resolves, with the prefix it is under. Rejects when a file did not get there. */
  upload(files: File[], options: { tuned: boolean }): Promise<string>;
  /** Takes files in without sending any; resolves when all are in its list. Returns what keeps them in memory. */
  add?(files: File[]): Promise<unknown>;
};

export const newPrefix = () => `media/bench/${crypto.randomUUID()}/`;

/** Files from this size on are sent in parts, as each does by itself. */
export const isLarge = (file: { size: number | null }) => (file.size ?? 0) > 100 * 1024 * 1024;
