import type { RuleFilter } from "./filter";

/** When current versions expire: days after their creation or from a date; or `markers`: delete markers without other versions. */
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
  /** Days after a version was replaced, and how many of the newest noncurrent versions are kept regardless of age. */
  readonly noncurrent?: { readonly days: number; readonly kept: number };
  /** Days after a multipart upload was begun. */
  readonly abortDays?: number;
}
