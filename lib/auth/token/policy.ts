/** What an API token may be used for. `manage` reads, too; otherwise none implies another. */
export const scopes = ["read", "upload", "manage"] as const;
export type Scope = (typeof scopes)[number];

export const tokenPolicy = {
  maxPerUser: 100,
  maxNameCharacters: 100,
  /** The last use is written at most this often, so that a busy program does not cost a write a request. */
  usedEverySeconds: 60,
  /** Expired tokens stay in their user's list for so long, to be recognized by the program that fails. */
  keptExpiredSeconds: 90 * 24 * 60 * 60,
} as const;
