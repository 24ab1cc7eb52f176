-- Unlogged: nothing is written ahead or flushed for a row that matters for minutes. A crash of PostgreSQL empties the table, which
-- makes every budget whole. No index but the key: `spent_until` changes with every update, and without an index on it these stay
-- on their page (HOT). Half of each page is left free for them.
CREATE UNLOGGED TABLE "budget" (
    "key" TEXT NOT NULL,
    "spent_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "budget_pkey" PRIMARY KEY ("key")
) WITH (fillfactor = 50);
