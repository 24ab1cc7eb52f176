import "server-only";
import { budgets, type Charge } from "@/lib/budget/policy";

/** An attempt to sign in. `deviceId` is of a device that has signed in to this account before, else null. */
export type Attempt = { accountId: string; network: string; deviceId: string | null };

/**
 * Returns what an attempt spends until it succeeds. A device known to the account is counted alone: strangers can neither lock it
 * out, nor spend from its budget, which takes the account's password to get.
 */
export function chargesOf({ accountId, network, deviceId }: Attempt): Charge[] {
  if (deviceId !== null) return [{ budget: "signInsFromDevice", of: `${accountId} ${deviceId}` }];
  return [
    { budget: "signInsAtAccountFromNetwork", of: `${accountId} ${network}` },
    { budget: "signInsAtAccount", of: accountId },
    { budget: "signInsFromNetwork", of: network },
  ];
}

/**
 * Returns what a success gives back: its own charge, and the earlier failures of this device, or at this account from this network.
 * Failures from elsewhere and at other accounts stay: an attacker can sign in to an account of their own.
 */
export function refundsOf(attempt: Attempt): Charge[] {
  return chargesOf(attempt).map((charge) =>
    charge.budget === "signInsFromDevice" || charge.budget === "signInsAtAccountFromNetwork"
      ? { ...charge, cost: budgets[charge.budget].count }
      : charge,
  );
}
