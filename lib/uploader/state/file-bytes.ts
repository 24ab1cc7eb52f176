import { uploadPolicy } from "@/lib/upload/policy";
import type { FileState, UploadFile } from "./file";
import { sentBytesOfParts } from "./multipart";

const unplanned: ReadonlySet<FileState> = new Set(["refused", "canceled", "skipped"]);

export function plannedBytesOf(file: UploadFile): number {
  return unplanned.has(file.state) ? 0 : file.sizeBytes;
}

/** Bytes that arrived or are in flight. */
export function sentBytesOf(file: UploadFile): number {
  switch (file.state) {
    case "refused":
    case "canceled":
    case "skipped":
      return 0;
    case "checking":
    case "completing":
    case "present":
    case "done":
      return file.sizeBytes;
    case "posting":
      return file.post.sentBytes;
    case "parts":
      return file.known.multipart.arrivedBytes + sentBytesOfParts(file.window);
    default:
      return file.known.multipart?.arrivedBytes ?? 0;
  }
}

/** Bytes that were there before. */
export function keptBytesOf(file: UploadFile): number {
  switch (file.state) {
    case "refused":
    case "canceled":
    case "skipped":
      return 0;
    case "present":
      return file.sizeBytes;
    case "done":
      return file.keptBytes;
    default:
      return file.known.multipart?.keptBytes ?? 0;
  }
}

/** What is missing of a file that failed. */
export function failedBytesOf(file: UploadFile): number {
  return file.state === "failed" ? file.sizeBytes - sentBytesOf(file) : 0;
}

export function isLarge({ sizeBytes }: Pick<UploadFile, "sizeBytes">): boolean {
  return sizeBytes >= uploadPolicy.multipartFromBytes;
}
