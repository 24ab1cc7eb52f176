/** Rows of numbers, `channels` side by side for each point. */
export type Samples = { width: number; height: number; channels: number; values: Float32Array | Float64Array };

/** Where each of `from` points falls among `to` points: the first one, and its share there; the next one takes the rest. */
type Shares = { first: Int32Array; share: Float64Array };

/**
 * Shrinks a picture of numbers while its rows arrive: each point becomes the average of the area it covers. NaN counts as
 * absent, so that a point without data does not erase its neighbours.
 */
export class AreaAverage {
  readonly #result: Samples;
  readonly #columns: Shares;
  readonly #lines: Shares;
  readonly #line: { sums: Float64Array; weights: Float64Array };
  /** The row being filled, and the one below it. */
  #open: { sums: Float64Array; weights: Float64Array }[];
  #rows = 0;
  #finished = 0;

  constructor(from: { width: number; height: number; channels: number }, to: { width: number; height: number }) {
    const { channels } = from;
    const count = to.width * to.height * channels;
    // Single precision would lose the steps of a narrow range of large numbers. Pictures in colour have no such ranges.
    const values = channels === 1 ? new Float64Array(count) : new Float32Array(count);
    this.#result = { ...to, channels, values: values.fill(Number.NaN) };
    this.#columns = sharesOf(from.width, to.width);
    this.#lines = sharesOf(from.height, to.height);
    const line = () => ({
      sums: new Float64Array((to.width + 1) * channels),
      weights: new Float64Array((to.width + 1) * channels),
    });
    this.#line = line();
    this.#open = [line(), line()];
  }

  addRow(row: Float64Array): void {
    const y = this.#rows++;
    const first = this.#lines.first[y] ?? 0;
    const share = this.#lines.share[y] ?? 1;
    while (this.#finished < first) this.#finishRow();
    this.#shrinkRow(row);
    this.#addLine(0, share);
    if (share < 1) this.#addLine(1, 1 - share);
  }

  /** Returns the picture; rows that did not arrive are NaN. */
  finish(): Samples {
    while (this.#finished < this.#result.height) this.#finishRow();
    return this.#result;
  }

  #shrinkRow(row: Float64Array): void {
    const { sums, weights } = this.#line;
    const { channels } = this.#result;
    const { first, share } = this.#columns;
    sums.fill(0);
    weights.fill(0);
    for (let x = 0; x < first.length; x++) {
      const to = (first[x] ?? 0) * channels;
      const part = share[x] ?? 1;
      for (let c = 0; c < channels; c++) {
        const value = row[x * channels + c] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        sums[to + c] = (sums[to + c] ?? 0) + value * part;
        weights[to + c] = (weights[to + c] ?? 0) + part;
        if (part === 1) continue;
        sums[to + channels + c] = (sums[to + channels + c] ?? 0) + value * (1 - part);
        weights[to + channels + c] = (weights[to + channels + c] ?? 0) + 1 - part;
      }
    }
  }

  #addLine(index: 0 | 1, share: number): void {
    const open = this.#open[index];
    if (!open) return;
    const { sums, weights } = this.#line;
    for (let i = 0; i < sums.length; i++) {
      if (weights[i] === 0) continue; // 0 × ∞ is not a number.
      open.sums[i] = (open.sums[i] ?? 0) + (sums[i] ?? 0) * share;
      open.weights[i] = (open.weights[i] ?? 0) + (weights[i] ?? 0) * share;
    }
  }

  #finishRow(): void {
    const [done, below] = this.#open;
    const y = this.#finished++;
    if (!done || !below || y >= this.#result.height) return;
    const { width, channels, values } = this.#result;
    const at = y * width * channels;
    for (let i = 0; i < width * channels; i++) {
      const weight = done.weights[i] ?? 0;
      if (weight > 0) values[at + i] = (done.sums[i] ?? 0) / weight;
    }
    done.sums.fill(0);
    done.weights.fill(0);
    this.#open = [below, done];
  }
}

function sharesOf(from: number, to: number): Shares {
  const first = new Int32Array(from);
  const share = new Float64Array(from);
  for (let i = 0; i < from; i++) {
    const start = (i * to) / from;
    const end = ((i + 1) * to) / from;
    const target = Math.min(Math.floor(start), to - 1);
    first[i] = target;
    // A point that ends within rounding of a border belongs to one target alone.
    const part = Math.min(1, (target + 1 - start) / (end - start));
    share[i] = part > 1 - 1e-9 || target === to - 1 ? 1 : part;
  }
  return { first, share };
}
