/** May be spent at once `count` times, and grows whole again evenly within `windowSeconds`. */
export type Budget = { readonly count: number; readonly windowSeconds: number };

const minute = 60;
const hour = 60 * minute;

/**
 * All budgets, each for one person, network, account or device. The uploader decides `writes…`: with the smallest files sent in parts,
 * three calls for 16 MiB, it makes 23 calls a second at 1 Gbit/s and 230 at 10 Gbit/s (tests/unit/uploader/steps/call-rate.test.ts).
 */
export const budgets = {
  writesOfUser: { count: 5_000, windowSeconds: 10 },
  /** Of all who are signed in at one network, as people of one institute may be. */
  writesFromNetwork: { count: 20_000, windowSeconds: 10 },
  /** Whatever a program sends with one token, reads among it. A whole upload by `atoll upload` stays well under it. */
  callsOfToken: { count: 5_000, windowSeconds: 10 },
  /** Requests with an invalid token. Not counted as visitors' calls: a program that retries an expired token must not stop sign-ins from its network. */
  wrongTokensFromNetwork: { count: 300, windowSeconds: 5 * minute },
  /** Whatever visitors send who are not signed in: forms, attempts to sign in, returns from a provider. */
  callsOfVisitors: { count: 300, windowSeconds: 5 * minute },
  signUpsFromNetwork: { count: 60, windowSeconds: hour },
  /** Mails that a visitor can have sent to one address. */
  mailsToAddress: { count: 4, windowSeconds: 4 * hour },
  /**
   * Failed sign-ins: at one account from one network, at one account from anywhere, from one network at all accounts. A
   * device that has signed in to the account before is counted by itself instead, so that others cannot lock it out.
   */
  signInsAtAccountFromNetwork: { count: 10, windowSeconds: 15 * minute },
  signInsAtAccount: { count: 100, windowSeconds: hour },
  signInsFromNetwork: { count: 100, windowSeconds: 15 * minute },
  signInsFromDevice: { count: 10, windowSeconds: 15 * minute },
  /** Passwords of one account that its devices have checked, right or wrong: each costs a hash. */
  passwordChecksFromDevices: { count: 300, windowSeconds: 5 * minute },
} as const satisfies Record<string, Budget>;

export type BudgetName = keyof typeof budgets;

/** Takes `cost` (1 by default) from the budget of `of`: an id, a network or a hash, which only trusted code chooses. */
export type Charge = { readonly budget: BudgetName; readonly of: string; readonly cost?: number };

/** What a budget has left after a charge; `resetSeconds` until it is whole again. */
export type Standing = { readonly budget: BudgetName; readonly remaining: number; readonly resetSeconds: number };

/** A form, or the opening of an upload, is worth so many other calls: each adds rows, and a person makes few. */
export const formCost = 50;

/** All whose address is not known share one budget: to hide the address must not pay. */
const unknownNetwork = "unknown";

/**
 * Returns the network that budgets count an address by: IPv4 as it is, IPv6 by its /64, which one customer has whole (RFC 6177).
 * Expects an address in its canonical form (lib/cli/site/client-address.ts), or undefined for an unknown one.
 */
export function networkOf(ipAddress: string | undefined): string {
  if (ipAddress === undefined) return unknownNetwork;
  if (!ipAddress.includes(":")) return ipAddress;
  const [head = "", tail] = ipAddress.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail ? tail.split(":").length : 0;
  // "::" stands for as many zeros as are missing of the eight groups.
  const zeros = tail === undefined ? 0 : 8 - groups.length - after;
  const whole = [...groups, ...Array<string>(zeros).fill("0"), ...(tail ? tail.split(":") : [])];
  return `${whole.slice(0, 4).join(":")}::/64`;
}
