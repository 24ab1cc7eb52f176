import { randomBytes } from "node:crypto";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { presign } from "@/lib/storage/sign";
import { type AspectContext, s3Error } from "./aspects/aspect";

/** A key nothing else has, for finding out what an endpoint makes of a setting. */
export function trialKey(): string {
  return `AtollTrial-${randomBytes(8).toString("hex")}`;
}

/** Whether a signed GET is answered 403, from a page (`referer`) or from nowhere. */
export async function isReadRefused(
  { storage, settings }: AspectContext,
  key: string,
  referer?: string,
): Promise<boolean> {
  const { endpoint } = storage.config;
  const identity = { ...(await storage.signingIdentity()), bucket: settings.bucket, endpoint };
  const url = presign(identity, { method: "GET", key, signedAt: new Date(), expiresInSeconds: 60 });
  const response = await fetch(url, referer === undefined ? {} : { headers: { referer } });
  await response.body?.cancel();
  return response.status === 403;
}

/**
 * Runs `use` while an empty object is at `key`, and removes the object with its version. Gives undefined, without running
 * it, when the PUT is answered 403.
 */
export async function withTrialObject<Result>(
  { client, settings }: AspectContext,
  key: string,
  use: () => Promise<Result>,
): Promise<Result | undefined> {
  const where = { Bucket: settings.bucket, Key: key };
  try {
    const { VersionId } = await client.send(new PutObjectCommand({ ...where, Body: "", ContentLength: 0 }));
    try {
      return await use();
    } finally {
      await client.send(new DeleteObjectCommand(VersionId === undefined ? where : { ...where, VersionId }));
    }
  } catch (error) {
    if (s3Error(error).status === 403) return undefined;
    throw error;
  }
}
