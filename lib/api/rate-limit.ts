import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { type Budget, type BudgetName, budgets, type Standing } from "@/lib/budget/policy";

/** What a client calls the budgets that its calls are spent from. */
const names: Partial<Record<BudgetName, string>> = {
  callsOfToken: "token",
  writesOfUser: "user",
  writesFromNetwork: "address",
};

/** Sets `RateLimit-Policy`, all calls of a window: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/. */
export function setRateLimitPolicy(headers: Headers, viewer: Viewer): void {
  const spent: BudgetName[] = ["writesOfUser", "writesFromNetwork"];
  if (viewer.kind === "user" && viewer.token) spent.unshift("callsOfToken");
  const policy = ({ count, windowSeconds }: Budget, name: string) => `"${name}";q=${count};w=${windowSeconds}`;
  headers.set("ratelimit-policy", spent.map((budget) => policy(budgets[budget], names[budget] ?? budget)).join(", "));
}

/** Sets `RateLimit`: the calls that are left, and the seconds until all are. A refusal has `Retry-After` instead. */
export function setRateLimit(headers: Headers, standings: readonly Standing[]): void {
  const left = ({ budget, remaining, resetSeconds }: Standing) =>
    `"${names[budget] ?? budget}";r=${remaining};t=${resetSeconds}`;
  headers.set("ratelimit", standings.map(left).join(", "));
}
