import type { UserViewer } from "@/lib/auth/viewer";
import { abortUpload, openUpload, renewPolicy, sealUpload } from "@/lib/upload/commands";
import { registerChecksums, registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { uploadStatus } from "@/lib/upload/queries";
import { completeInput, filesInput, openUploadInput, partsInput } from "@/lib/upload/schema";
import type { Call } from "./site";

type Of = { uploadId: string; input: unknown };

/** Calls the real commands and schemas, without the session and Next's router. */
export function atollCalls(viewer: UserViewer, collectionSlug: string): Record<string, Call> {
  const of = (body: unknown) => body as Of;
  return {
    "/atoll/open": (body) => openUpload(viewer, openUploadInput.parse({ ...(body as object), collectionSlug })),
    "/atoll/policy": (body) => renewPolicy(viewer, of(body).uploadId),
    "/atoll/files": (body) =>
      registerFiles(viewer, of(body).uploadId, filesInput.parse({ files: of(body).input }).files),
    "/atoll/tell": (body) =>
      registerChecksums(viewer, of(body).uploadId, filesInput.parse({ files: of(body).input }).files),
    "/atoll/parts": (body) => signParts(viewer, of(body).uploadId, partsInput.parse(of(body).input)),
    "/atoll/complete": (body) => completeFile(viewer, of(body).uploadId, completeInput.parse(of(body).input)),
    "/atoll/seal": (body) => sealUpload(viewer, of(body).uploadId),
    "/atoll/abort": (body) => abortUpload(viewer, of(body).uploadId),
    "/atoll/status": (body) => uploadStatus(viewer, of(body).uploadId),
  };
}
