import "server-only";
import type { PgBoss } from "pg-boss";

/** Raises the priorities of jobs that wait, where these are higher. Looks each up by pg-boss's index of exclusive jobs. */
export async function raisePriorities(
  boss: PgBoss,
  queue: string,
  jobs: readonly { id: string; priority: number }[],
): Promise<void> {
  if (jobs.length === 0) return;
  await boss.getDb().executeSql(
    `UPDATE "pgboss"."job" SET "priority" = "wanted"."priority"
     FROM unnest($2::text[], $3::int[]) AS "wanted"("key", "priority")
     WHERE "job"."name" = $1 AND coalesce("job"."singleton_key", '') = "wanted"."key" AND "job"."policy" = 'exclusive'
       AND "job"."state" < 'active' AND "job"."priority" < "wanted"."priority"`,
    [queue, jobs.map(({ id }) => id), jobs.map(({ priority }) => priority)],
  );
}
