import type { RuleFilter } from "./filter";

/** When current versions end: days after their creation, from a date on; or `markers`, those that hide nothing. */
export type Expiration =
  | { readonly kind: "days"; readonly days: number }
  | { readonly kind: "date"; readonly at: number }
  | { readonly kind: "markers" };

/** One rule of a bucket's lifecycle, checked. */
export interface LifecycleRule {
  /** At most 255 characters, unique in its bucket. */
  readonly id: string;
  readonly isEnabled: boolean;
  readonly filter: RuleFilter;
  readonly expiration?: Expiration;
  /** Days after a version was replaced, and how many of the newest replaced ones stay whatever their age. */
  readonly noncurrent?: { readonly days: number; readonly kept: number };
  /** Days after a multipart upload was begun. */
  readonly abortDays?: number;
}
