import type { Identity } from "../auth/users";
import type { Service } from "../call/call";
import type { Incoming } from "../protocol/incoming";
import type { Parameters } from "./parameters";

/** An authenticated caller. */
type Caller = Exclude<Identity, { kind: "anonymous" }>;

/** One authenticated request of the query protocol. */
export interface QueryCall {
  readonly service: Service;
  readonly request: Incoming;
  readonly caller: Caller;
  readonly parameters: Parameters;
}

/** An action of STS, IAM or SNS. */
export interface QueryAction {
  /**
   * The parameters it takes; others are rejected rather than ignored. An N between dots stands for any number.
   */
  readonly takes: readonly string[];
  /** Resolves to the children of its result element, or to nothing when it has none. */
  run(call: QueryCall): Promise<readonly string[] | undefined>;
}

/** As in the scope of signatures. */
export type QueryService = "sts" | "iam" | "sns";

/** A service that speaks the query protocol. */
export interface QueryApi {
  readonly service: QueryService;
  readonly version: string;
  readonly namespace: string;
  readonly actions: Readonly<Record<string, QueryAction>>;
}

/** A time as STS and IAM write it, in whole seconds. @param at milliseconds */
export function isoSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, "");
}
