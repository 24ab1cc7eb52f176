import { normalizePath, pathProblem } from "@/lib/path/policy";
import { sizeProblem } from "@/lib/upload/policy";
import { type Failure, failure } from "./failures";
import { isRevivable, type NewFile, type UploadFile } from "./file";

/** A file as a browser found it; its path is not normalized or checked yet. */
type FoundFile = {
  readonly path: string;
  readonly source: { readonly file: Pick<File, "size" | "lastModified" | "type"> };
};

export type KnownFile = Pick<UploadFile, "id" | "state" | "sizeBytes" | "lastModified">;

/**
 * send: a new row, also for refused files, which are shown · replace: takes the place of a file that did not arrive ·
 * twice: the same file is in this upload already, as when a folder is dropped again.
 */
export type CheckedFile =
  | { readonly as: "send"; readonly file: NewFile }
  | { readonly as: "replace"; readonly fileId: number; readonly file: NewFile }
  | { readonly as: "twice" };

const fallbackType = "application/octet-stream";
// The browser's type of a file becomes a form field: it must be a media type and nothing else.
const mediaType = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}$/;

export function sizeFailure(sizeBytes: number): Failure | null {
  return sizeProblem(sizeBytes) === null ? null : failure("too-large");
}

/**
 * Checks a file before anything is sent. `known` is the file of this upload at the same path; two of the same drop are
 * different files with one name.
 */
export function checkFound(found: FoundFile, known: { file: KnownFile; sameWalk: boolean } | null): CheckedFile {
  const path = normalizePath(found.path);
  const { file } = found.source;
  const asNew = (refusal: Failure | null): NewFile => ({
    path,
    ...(path !== found.path && { foundAs: found.path }),
    sizeBytes: file.size,
    lastModified: file.lastModified,
    contentType: mediaType.test(file.type) ? file.type : fallbackType,
    refusal,
  });
  const problem = pathProblem(path);
  if (problem !== null) return { as: "send", file: asNew(failure("bad-path", problem)) };
  if (known) {
    const { file: earlier, sameWalk } = known;
    if (!sameWalk && isRevivable(earlier)) return { as: "replace", fileId: earlier.id, file: asNew(null) };
    const same = earlier.sizeBytes === file.size && earlier.lastModified === file.lastModified;
    if (!sameWalk && same) return { as: "twice" };
    return { as: "send", file: asNew(failure("duplicate")) };
  }
  return { as: "send", file: asNew(sizeFailure(file.size)) };
}
