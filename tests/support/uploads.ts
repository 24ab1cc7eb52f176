import { expect } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { openUpload, sealUpload } from "@/lib/upload/commands";
import type { OpenedUpload, OpenUploadInput } from "@/lib/upload/schema";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { postFile } from "./collections";
import { system } from "./people";

/** Bodies by path. */
export type Files = Record<string, Uint8Array<ArrayBuffer> | string>;

type Input = Omit<OpenUploadInput, "collectionSlug" | "metadata">;

/** Sends one file of an upload; the storage must accept it. */
export async function post(
  { policy, prefix }: Pick<OpenedUpload, "policy" | "prefix">,
  path: string,
  bytes: Files[string],
): Promise<void> {
  expect((await postFile(policy, prefix + path, bytes)).status, path).toBeLessThan(300);
}

/** Opens an upload and sends these files. */
export async function opened(
  by: UserViewer,
  collectionSlug: string,
  files: Files = {},
  input: Input = {},
): Promise<OpenedUpload> {
  const upload = await openUpload(by, { ...input, collectionSlug });
  for (const [path, bytes] of Object.entries(files)) await post(upload, path, bytes);
  return upload;
}

/** Opens an upload, sends these files and seals it. */
export async function drop(by: UserViewer, collectionSlug: string, files: Files, input?: Input): Promise<OpenedUpload> {
  const upload = await opened(by, collectionSlug, files, input);
  await sealUpload(by, upload.id);
  return upload;
}

/** Seals an upload and verifies it as the worker does. Returns the revisions that wait to be derived. */
export async function verified(by: UserViewer, { id }: Pick<OpenedUpload, "id">): Promise<string[]> {
  await sealUpload(by, id);
  const revisionIds: string[] = [];
  await verifyUpload(system, id, async (page) => {
    revisionIds.push(...page.map(({ id }) => id));
  });
  return revisionIds;
}

/** Seals an upload and fails after the first page is verified, as a kill would. */
export async function killedWhileVerified(by: UserViewer, { id }: Pick<OpenedUpload, "id">): Promise<void> {
  await sealUpload(by, id);
  const killed = verifyUpload(system, id, async () => {
    throw new Error("killed");
  });
  await expect(killed).rejects.toThrow("killed");
}

export const ignore = async (): Promise<void> => undefined;
