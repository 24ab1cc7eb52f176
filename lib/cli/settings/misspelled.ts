import { EnvError, settingNames } from "@/lib/env";

/** Settings that are read elsewhere than in lib/env.ts. */
const others = [
  "ATOLL_DEBUG",
  "ATOLL_S3_ACCESS_KEY",
  "ATOLL_S3_ROLES",
  "ATOLL_S3_SECRET_KEY",
  "ATOLL_S3_TOPICS",
  "ATOLL_S3_USERS",
  "ATOLL_TOKEN",
  "NEXTAUTH_URL",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
];
const known: readonly string[] = [...settingNames, ...others];
/** Of tests and benchmarks. */
const foreign = /^ATOLL_(TEST|BENCH|E2E)_/;
const ownPrefix = /^(ATOLL|S3)_/;
/** Names that choose which database, bucket or folder is used, or whether anything is written. */
const choosing: ReadonlySet<string> = new Set([
  "DATABASE_URL",
  "S3_ENDPOINT",
  "S3_BUCKET",
  "S3_REGION",
  "ATOLL_DATA_DIR",
  "ATOLL_EMBEDDED",
  "ATOLL_DRILL",
]);
/** Of shorter names too many are near. */
const minLength = 6;
const maxEdits = 2;

export type Misspelled = { name: string; likely: string | null };

/** Returns the variables that look like settings of Atoll and are none, with the setting that was likely meant. */
export function misspelledSettings(environment: Readonly<Record<string, string | undefined>>): Misspelled[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!value || known.includes(name) || foreign.test(name)) return [];
    const likely = likelyName(name);
    return likely !== null || ownPrefix.test(name) ? [{ name, likely }] : [];
  });
}

function likelyName(name: string): string | null {
  if (name.length < minLength) return null;
  const near = known
    .filter((other) => other.length >= minLength)
    .map((other) => ({ other, edits: editsBetween(name, other) }))
    .sort((a, b) => a.edits - b.edits)[0];
  if (near && near.edits <= maxEdits) return near.other;
  // ATOLL_DATABASE_URL, S3_BUCKET_NAME
  return ownPrefix.test(name)
    ? (known.find((other) => other.length >= minLength && name.includes(other)) ?? null)
    : null;
}

/** Counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editsBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column += 1) {
      const differs = a[row - 1] === b[column - 1] ? 0 : 1;
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const best = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + differs,
        ...(isSwap ? [at(row - 2, column - 2) + 1] : []),
      );
      rows[row]?.push(best);
    }
  }
  return at(a.length, b.length);
}

/**
 * Passes one line to `say` for each misspelled setting. Throws EnvError for one that would choose another database, bucket or
 * folder because the setting that was meant is missing.
 */
export function tellMisspelled(
  environment: Readonly<Record<string, string | undefined>>,
  say: (line: string) => void,
): void {
  for (const { name, likely } of misspelledSettings(environment)) {
    const line = `${name} is not a setting of Atoll${likely === null ? "" : `: did you mean ${likely}?`}`;
    if (likely !== null && choosing.has(likely) && !environment[likely])
      throw new EnvError(`${line} Without it Atoll would use something else, so nothing was started.`);
    say(`${line}${likely === null ? ": see .env.example." : " It is ignored."}`);
  }
}
