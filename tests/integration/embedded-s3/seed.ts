import { randomInt } from "node:crypto";

/**
 * What random tests start with: 1, so that a run can be repeated, `ATOLL_TEST_SEED` where it is set, or a random number
 * with `ATOLL_TEST_RANDOM=1`. Names of tests say it.
 */
export const seed = Number(
  process.env.ATOLL_TEST_SEED ?? (process.env.ATOLL_TEST_RANDOM === "1" ? randomInt(2 ** 31) : 1),
);
