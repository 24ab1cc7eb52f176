/** One way to upload. `tuned`: other settings than the documented ones. */
export type Contestant = {
  /** Uploads the files. Resolves with their prefix when all are stored; rejects when one is not. */
  upload(files: File[], options: { tuned: boolean }): Promise<string>;
  /** Takes files in without sending any; resolves when all are in its list. Returns what keeps them in memory. */
  add?(files: File[]): Promise<unknown>;
};

export const newPrefix = () => `media/bench/${crypto.randomUUID()}/`;

/** Contestants send files of at least this size in parts. */
export const isLarge = (file: { size: number | null }) => (file.size ?? 0) > 100 * 1024 * 1024;
