/** A figure of a benchmark: what a row and a column say, and whether it is held to a target. */
export type Figure = { value: number; unit: string; digits?: number };
export type Row = { name: string; figures: readonly (Figure | null)[] };
export type Target = { text: string; met: boolean };

/** What a benchmark gives: one table, and what it promised. */
export type BenchResult = {
  title: string;
  /** Where and how it was measured, in a sentence. */
  conditions: string;
  columns: readonly string[];
  rows: readonly Row[];
  targets: readonly Target[];
};

/** `only`: the cases that were asked for by name; all where it is empty. */
export type BenchOptions = { only: readonly string[] };

/**
 * What tests/bench/<name>.ts exports as `bench`: measures and gives its figures. Peers and Atoll run in the same call, so
 * that they see the same machine. One that can measure cases by themselves exports their names as `cases`. Throws when it cannot be run; a missed target is a figure, not an error.
 */
export type Bench = (options: BenchOptions) => Promise<BenchResult>;

function cell(figure: Figure | null): string {
  if (figure === null) return "–";
  const options = { maximumFractionDigits: figure.digits ?? 0, minimumFractionDigits: figure.digits ?? 0 };
  return `${figure.value.toLocaleString("en-US", options)}${figure.unit === "" ? "" : ` ${figure.unit}`}`;
}

/** The result as Markdown: title, conditions, table, targets. */
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

/** The middle one of several measurements. Throws RangeError for none. */
export function median(values: readonly number[]): number {
  const middle = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new RangeError("a median needs at least one value");
  return middle;
}
