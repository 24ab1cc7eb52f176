import type { Disagreement } from "../essence";

/** A reason for which the embedded store answers some operations otherwise than Ceph does. */
export interface Difference {
  readonly why: string;
  /** The page that says so: AWS's documentation, or the standard it follows. */
  readonly source: string;
  /** What differs by the operation's name; an operation may be named by several reasons. */
  readonly operations: Readonly<Record<string, Disagreement>>;
}

export const api = "https://docs.aws.amazon.com/AmazonS3/latest/API";
export const guide = "https://docs.aws.amazon.com/AmazonS3/latest/userguide";
export const http = "https://www.rfc-editor.org/rfc/rfc9110.html";

/** The same difference in several operations. */
export function each(names: readonly string[], disagreement: Disagreement): Readonly<Record<string, Disagreement>> {
  return Object.fromEntries(names.map((name) => [name, disagreement]));
}
