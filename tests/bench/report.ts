/** A value in a row and column of a benchmark's table. */
export type Figure = { value: number; unit: string; digits?: number };
export type Row = { name: string; figures: readonly (Figure | null)[] };
export type Target = { text: string; met: boolean };

/** The result of a benchmark: one table and its targets. */
export type BenchResult = {
  title: string;
  /** Where and how it was measured, in a sentence. */
  conditions: string;
  columns: readonly string[];
  rows: readonly Row[];
  targets: readonly Target[];
};

/** `only`: the selected cases; empty for all. `progress`: prints what was measured so far, for cases that take long. */
export type BenchOptions = { only: readonly string[]; progress(row: Row): void };

/**
 * Exported as `bench` by tests/bench/<name>.ts: measures and returns a report. Peers and Atoll run in the same call, on the
 * same machine. A benchmark with separate cases exports their names as `cases`. Throws when it cannot run; a missed target is
 * part of the report.
 */
export type Bench = (options: BenchOptions) => Promise<BenchResult>;

function cell(figure: Figure | null): string {
  if (figure === null) return "–";
  const options = { maximumFractionDigits: figure.digits ?? 0, minimumFractionDigits: figure.digits ?? 0 };
  return `${figure.value.toLocaleString("en-US", options)}${figure.unit === "" ? "" : ` ${figure.unit}`}`;
}

/** Formats a row as a line of its own. */
export function rowText({ name, figures }: Row): string {
  return `${name}: ${figures.map(cell).join(", ")}`;
}

/** Formats a report as Markdown: title, conditions, table, targets. */
export function markdown({ title, conditions, columns, rows, targets }: BenchResult): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    `## ${title}`,
    "",
    conditions,
    "",
    line(["", ...columns]),
    line(["---", ...columns.map(() => "---:")]),
    ...rows.map(({ name, figures }) => line([name, ...figures.map(cell)])),
    "",
    ...targets.map(({ text, met }) => `- Target: ${text}: ${met ? "met" : "**missed**"}`),
  ].join("\n");
}

/** Returns the median. Throws RangeError for an empty list. */
export function median(values: readonly number[]): number {
  const middle = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new RangeError("a median needs at least one value");
  return middle;
}
