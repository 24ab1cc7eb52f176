import "server-only";
import { db } from "@/lib/db";
import { AppError, notFound } from "@/lib/errors";
import type { Actor } from "@/lib/event/schema";
import { type BudgetName, budgets, type Charge, networkOf, type Standing } from "./policy";
import { deleteWhole, refundCharges, spendCharges, type TimedCharge } from "./rows";

const microsPerSecond = 1_000_000;
const deletedAtOnce = 1_000;

const tooManyChanges = "Too many changes at once. Earlier ones are saved.";
const tooManyFailures = "Too many failed sign-in attempts.";
const messages: Record<BudgetName, string> = {
  writesOfUser: tooManyChanges,
  writesFromNetwork: tooManyChanges,
  callsOfToken: "Too many calls with this token at once. Earlier ones are done.",
  wrongTokensFromNetwork: "Too many requests with an API token that is not valid.",
  callsOfVisitors: "Too many attempts from this network.",
  signUpsFromNetwork: "Too many accounts were requested from this network.",
  mailsToAddress: "Several messages were sent to this address already. Look for one in its mailbox, also under spam.",
  signInsAtAccountFromNetwork: tooManyFailures,
  signInsAtAccount: tooManyFailures,
  signInsFromNetwork: tooManyFailures,
  signInsFromDevice: tooManyFailures,
  passwordChecksFromDevices: "Too many sign-ins to this account.",
};

/**
 * Spends all charges or none, in one statement, by the database's clock. Concurrent calls are counted as sequential ones. Returns
 * what is left, in the charges' order. Throws RATE_LIMITED with the time after which the same charges fit.
 */
export async function spend(_actor: Actor, charges: readonly Charge[]): Promise<Standing[]> {
  const timed = charges.map(timedCharge);
  const spent = new Map((await spendCharges(db(), timed)).map((row) => [row.key, row]));
  const standings: Standing[] = [];
  const refused: Refused[] = [];
  for (const [index, charge] of charges.entries()) {
    const { isSpent = false, untilSeconds = 0 } = spent.get(timed[index]?.key ?? "") ?? {};
    const { count, windowSeconds } = budgets[charge.budget];
    if (!isSpent) refused.push({ budget: charge.budget, missingSeconds: untilSeconds - windowSeconds });
    // Without the rounding, a sum of fractions could be a hair below the whole number.
    const remaining = Math.max(0, Math.floor(count * (1 - untilSeconds / windowSeconds) + 1e-6));
    standings.push({ budget: charge.budget, remaining, resetSeconds: Math.ceil(untilSeconds) });
  }
  // One without room refuses all others, too: it is the one with the longest wait, and the only kind that misses any time.
  const [worst] = refused.toSorted((a, b) => b.missingSeconds - a.missingSeconds);
  if (worst) throw tooMany(worst);
  return standings;
}

/** A charge that was not spent, and the time after which it would be; negative where it had room. */
type Refused = { budget: BudgetName; missingSeconds: number };

/**
 * Spends one change of a signed-in user, one call with a token, or one of a visitor, also from the budget of their network. `cost` is in calls of the
 * API. Throws RATE_LIMITED.
 */
export function spendCall(actor: Actor, cost = 1): Promise<Standing[]> {
  if (actor.kind === "system") return Promise.resolve([]);
  const network = networkOf(actor.ipAddress);
  if (actor.kind === "anonymous") return spend(actor, [{ budget: "callsOfVisitors", of: network }]);
  const charges: Charge[] = [
    { budget: "writesOfUser", of: actor.userId, cost },
    { budget: "writesFromNetwork", of: network, cost },
  ];
  return spend(actor, actor.token ? [{ budget: "callsOfToken", of: actor.token.id, cost }, ...charges] : charges);
}

/** Gives back what was spent; a cost of the budget's `count` or more makes it whole. */
export async function refund(_actor: Actor, charges: readonly Charge[]): Promise<void> {
  await refundCharges(db(), charges.map(timedCharge));
}

/** Deletes the rows of budgets that are whole again, so that the table has only those spent of lately. Returns how many. */
export async function deleteWholeBudgets(actor: Actor): Promise<number> {
  if (actor.kind !== "system") throw notFound("budget");
  let all = 0;
  let page = await deleteWhole(db(), "", deletedAtOnce);
  while (page) {
    all += page.count;
    page = await deleteWhole(db(), page.last, deletedAtOnce);
  }
  return all;
}

function timedCharge({ budget, of, cost = 1 }: Charge): TimedCharge {
  const { count, windowSeconds } = budgets[budget];
  const window = BigInt(windowSeconds * microsPerSecond);
  return { key: `${budget} ${of}`, cost: (window * BigInt(cost)) / BigInt(count), window };
}

function tooMany({ budget, missingSeconds }: Refused): AppError {
  const waitSeconds = Math.max(1, Math.ceil(missingSeconds));
  return new AppError("RATE_LIMITED", `${messages[budget]} Try again in ${durationText(waitSeconds)}.`, {
    retryAfterSeconds: waitSeconds,
  });
}

/** Rounded up, so that a person who waits as long as it says is let in. */
function durationText(seconds: number): string {
  if (seconds === 1) return "a second";
  if (seconds < 90) return `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}
