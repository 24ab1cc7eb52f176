/** What a run over the lifecycles did. */
export interface LifecycleOutcome {
  /** Current versions that a new delete marker hides. */
  readonly deleteMarkersMade: number;
  /** Objects deleted permanently in buckets without versioning. */
  readonly objectsDeleted: number;
  /** Noncurrent versions deleted permanently, delete markers included. */
  readonly noncurrentVersionsDeleted: number;
  /** Delete markers removed because their key had no other version. */
  readonly deleteMarkersRemoved: number;
  readonly uploadsAborted: number;
  /** `false` when the store was stopped before the end. */
  readonly isComplete: boolean;
}
