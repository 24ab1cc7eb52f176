import "server-only";
import { type BudgetName, budgets, type Standing } from "@/lib/budget/policy";

/** What a client calls the budgets that its calls are spent from. */
const names: Partial<Record<BudgetName, string>> = {
  callsOfToken: "token",
  writesOfUser: "user",
  writesFromNetwork: "address",
  callsOfVisitors: "address",
};

/**
 * Sets `RateLimit-Policy` (all calls of a window) and `RateLimit` (what is left, and the seconds until it is whole again):
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/.
 */
export function setRateLimit(headers: Headers, standings: readonly Standing[]): void {
  const known = standings.flatMap((standing) => {
    const name = names[standing.budget];
    return name === undefined ? [] : [{ ...standing, ...budgets[standing.budget], name }];
  });
  if (known.length === 0) return;
  const list = (item: (one: (typeof known)[number]) => string) => known.map(item).join(", ");
  headers.set(
    "ratelimit-policy",
    list(({ name, count, windowSeconds }) => `"${name}";q=${count};w=${windowSeconds}`),
  );
  headers.set(
    "ratelimit",
    list(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`),
  );
}
