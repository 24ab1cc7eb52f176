import { formNumber } from "@/tests/support/forms.mjs";

/** What random tests start with; their names say it. */
export const seed = formNumber("ATOLL_TEST_SEED");
