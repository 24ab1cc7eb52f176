import { randomBytes } from "node:crypto";
import { deleteObject } from "@/lib/storage/objects/deletion";
import { putObject } from "@/lib/storage/objects/objects";
import { presign } from "@/lib/storage/sign";
import { type AspectContext, s3Error, type WriteContext } from "./aspects/aspect";

/** Returns a random key for an object that tests how an endpoint evaluates a setting. */
export function trialKey(): string {
  return `AtollTrial-${randomBytes(8).toString("hex")}`;
}

/** Tells whether a signed GET, with this Referer or without any, gets status 403. */
export async function isReadRefused({ storage }: AspectContext, key: string, referer?: string): Promise<boolean> {
  const { endpoint } = storage.config;
  const identity = { ...(await storage.signingIdentity()), bucket: storage.bucket, endpoint };
  const url = presign(identity, { method: "GET", key, signedAt: new Date(), expiresInSeconds: 60 });
  const response = await fetch(url, referer === undefined ? {} : { headers: { referer } });
  await response.body?.cancel();
  return response.status === 403;
}

/**
 * Runs `use` while an empty object exists at `key`, then deletes that version. Returns undefined, without running `use`, when
 * the PUT gets status 403.
 */
export async function withTrialObject<Result>(
  { permit, storage }: WriteContext,
  key: string,
  use: () => Promise<Result>,
): Promise<Result | undefined> {
  const empty = { body: Buffer.alloc(0), contentType: "application/octet-stream", cacheControl: "no-store" };
  try {
    const { versionId } = await putObject(permit, { key, ...empty }, storage);
    try {
      return await use();
    } finally {
      await deleteObject(permit, { key, versionId: versionId ?? undefined }, storage);
    }
  } catch (error) {
    if (error instanceof Error && s3Error(error.cause).status === 403) return undefined;
    throw error;
  }
}
