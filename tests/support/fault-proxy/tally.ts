import { type FaultKind, faultKinds } from "./faults";
import type { Subject } from "./subject";

/** What went through the proxy, for tests that must show what was sent and how often. */
export class Tally {
  readonly faults: Record<FaultKind, number>;
  /** Requests by operation, faulty ones included. */
  readonly requests: Partial<Record<Subject["operation"], number>> = {};
  /** The most requests that were under way at once. */
  busiest = 0;
  #underWay = 0;
  readonly #bytes = new Map<string, Map<number, number>>();

  constructor() {
    this.faults = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  }

  get faultCount(): number {
    return Object.values(this.faults).reduce((sum, count) => sum + count, 0);
  }

  asked({ operation }: Subject): void {
    this.requests[operation] = (this.requests[operation] ?? 0) + 1;
    this.#underWay += 1;
    this.busiest = Math.max(this.busiest, this.#underWay);
  }

  /** Its answer is out, or its connection gone. */
  ended(): void {
    this.#underWay -= 1;
  }

  sent({ key, part }: Subject, bytes: number): void {
    if (bytes === 0) return;
    const parts = this.#bytes.get(key) ?? new Map<number, number>();
    parts.set(part, (parts.get(part) ?? 0) + bytes);
    this.#bytes.set(key, parts);
  }

  /** Bytes of the object's content handed to the store, by part (0: in one piece), those of broken tries included. */
  partsOf(key: string): ReadonlyMap<number, number> {
    return this.#bytes.get(key) ?? new Map();
  }

  /** The same of one object, or of all whose key begins so. */
  bytesOf(key: string): number {
    let total = 0;
    for (const bytes of this.partsOf(key).values()) total += bytes;
    return total;
  }

  bytesUnder(prefix: string): number {
    return this.keys(prefix).reduce((sum, key) => sum + this.bytesOf(key), 0);
  }

  keys(prefix = ""): string[] {
    return [...this.#bytes.keys()].filter((key) => key.startsWith(prefix));
  }
}
