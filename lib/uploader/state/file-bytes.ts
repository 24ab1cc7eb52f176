import { uploadPolicy } from "@/lib/upload/policy";
import { type FileState, knownOf, type UploadFile } from "./file";
import { sentBytesOfParts } from "./multipart";

const unplanned: ReadonlySet<FileState> = new Set(["refused", "canceled", "skipped"]);
const whole: ReadonlySet<FileState> = new Set(["checking", "completing", "present", "done"]);

export function plannedBytesOf(file: UploadFile): number {
  return unplanned.has(file.state) ? 0 : file.sizeBytes;
}

/** Bytes that arrived or are on their way. */
export function sentBytesOf(file: UploadFile): number {
  if (whole.has(file.state)) return file.sizeBytes;
  if (file.state === "posting") return file.post.sentBytes;
  const { multipart } = knownOf(file);
  if (!multipart) return 0;
  return file.state === "parts" ? multipart.arrivedBytes + sentBytesOfParts(file.window) : multipart.arrivedBytes;
}

/** Bytes that were there before. */
export function keptBytesOf(file: UploadFile): number {
  if (file.state === "present") return file.sizeBytes;
  return file.state === "done" ? file.keptBytes : (knownOf(file).multipart?.keptBytes ?? 0);
}

/** What is missing of a file that failed. */
export function failedBytesOf(file: UploadFile): number {
  return file.state === "failed" ? file.sizeBytes - sentBytesOf(file) : 0;
}

export function isLarge({ sizeBytes }: Pick<UploadFile, "sizeBytes">): boolean {
  return sizeBytes >= uploadPolicy.multipartFromBytes;
}
