import "server-only";
import { type BudgetName, budgets, type Charge } from "@/lib/budget/policy";

/** An attempt to sign in. `deviceId` is of a device that has signed in to this account before, else null. */
export type Attempt = { accountId: string; network: string; deviceId: string | null };

/**
 * Returns what an attempt spends until it succeeds. A device known to the account is counted by itself: strangers can neither lock
 * it out, nor spend from its budgets, which takes the account's password to get. All others pay as visitors, too.
 */
export function chargesOf({ accountId, network, deviceId }: Attempt): Charge[] {
  if (deviceId !== null) {
    return [
      { budget: "signInsFromDevice", of: `${accountId} ${deviceId}` },
      // By account alone: who knows the password has as many devices as they like.
      { budget: "passwordChecksFromDevices", of: accountId },
    ];
  }
  return [
    { budget: "signInsAtAccountFromNetwork", of: `${accountId} ${network}` },
    { budget: "signInsAtAccount", of: accountId },
    { budget: "signInsFromNetwork", of: network },
    { budget: "callsOfVisitors", of: network },
  ];
}

/**
 * What a success gives back: all earlier failures of the same device or pair, or only its own charge. Others cost for good, at least
 * one on each way: a password that is right costs a hash, too.
 */
const refunds: Partial<Record<BudgetName, "all" | "own">> = {
  signInsFromDevice: "all",
  signInsAtAccountFromNetwork: "all",
  signInsAtAccount: "own",
  signInsFromNetwork: "own",
};

/**
 * Returns what a success gives back. Failures from elsewhere and at other accounts stay: an attacker can sign in to an account of
 * their own.
 */
export function refundsOf(attempt: Attempt): Charge[] {
  return chargesOf(attempt).flatMap((charge) => {
    const kind = refunds[charge.budget];
    if (!kind) return [];
    return kind === "all" ? { ...charge, cost: budgets[charge.budget].count } : charge;
  });
}
