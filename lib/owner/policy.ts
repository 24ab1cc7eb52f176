import type { OwnerFileContent } from "./schema";

/** Seconds that a look at the owner counts. A take-over stops the former owner this soon, plus the requests under way. */
export const lookSeconds = 5;

/** Seconds between two marks in the bucket. A replica that takes over may be this far behind. */
export const markSeconds = 60;

/**
 * An upload that ended up to this long before the last mark counts as ended since: the mark is of the database's clock, the end of
 * the site's.
 */
export const endedMarginSeconds = 60 * 60;

/**
 * What the storage dates up to this long after the database became the owner counts as older: the one is of the storage's clock, the
 * other of the database's.
 */
export const ownerMarginSeconds = 24 * 60 * 60;

/** What a database knows of itself. */
export type Identity = {
  installation: string;
  generation: number;
  place: string;
  /** The marks the bucket may show; empty for a database that has owned no bucket. */
  marks: readonly string[];
  hasOwned: boolean;
};

/** How a database stands towards the bucket. Only "owner" may change anything in it. */
export type Standing = "owner" | "unclaimed" | keyof typeof reasons;

/** Why a database may not change the bucket, for people who use the site and for its operator. */
export const reasons = {
  drill: "This site runs as a drill (ATOLL_DRILL=1).",
  other: "The storage bucket belongs to another installation of Atoll.",
  superseded: "The storage bucket was taken over by another copy of this site's database.",
  copy: "This site's database is a copy: the bucket belongs to the database it was copied from.",
  behind: "This site's database was restored: the bucket has seen later changes than the database has.",
  lost: "The storage bucket no longer says that it belongs to this site's database.",
  unreadable: "The storage bucket has an owner file (atoll/owner.json) that Atoll cannot read.",
  unknownFiles: "The storage bucket has files that this site's database does not know.",
  missingFiles: "The storage bucket does not have the files of this site's database.",
} as const;

/** Compares what the bucket says with what the database knows of itself. `file` is null without an owner file. */
export function standingOf(
  { installation, generation, place, marks, hasOwned }: Identity,
  file: OwnerFileContent | null,
): Standing {
  if (file === null) return hasOwned ? "lost" : "unclaimed";
  if (file.installation !== installation) return "other";
  if (file.generation !== generation) return "superseded";
  // A dump restored elsewhere has the same row. A replica, and the same server after a restart, is the same place.
  if (file.place !== place) return "copy";
  return marks.includes(file.mark) ? "owner" : "behind";
}

type ReadOnly = Exclude<Standing, "owner">;

function reasonOf(standing: ReadOnly): string {
  return standing === "unclaimed" ? "The storage bucket has no owner yet." : reasons[standing];
}

/** Returns the sentences for a person whose request needs the bucket. */
export function readOnlyMessage(standing: ReadOnly): string {
  const next = standing === "drill" ? "" : ' Ask the administrator to run "atoll infra take-over".';
  return `${reasonOf(standing)} This site can only show what is there. Nothing was uploaded, changed or deleted.${next}`;
}

const checkFirst: ReadonlySet<Standing> = new Set(["other", "lost", "unknownFiles", "missingFiles"]);

function checkOf(standing: ReadOnly): string {
  return checkFirst.has(standing) ? " Check S3_BUCKET and DATABASE_URL first." : "";
}

/** Returns why a database may not change the bucket, and what its operator checks before it takes the bucket over. */
export function takeOverReason(standing: ReadOnly): string {
  return `${reasonOf(standing)}${checkOf(standing)}`;
}

/** Returns the sentences for the operator, in one line. */
export function standingText(standing: ReadOnly): string {
  const next =
    standing === "drill"
      ? "Start without ATOLL_DRILL for anything else."
      : `${checkOf(standing)} If this database should own the bucket, stop the other site, then run: atoll infra take-over`.trim();
  return `${reasonOf(standing)} The site shows and reports; it changes nothing in the bucket: no uploads, no verification, no deletion. ${next}`;
}
