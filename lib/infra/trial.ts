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

/** Whether a PUT is answered 403. Leaves nothing behind. */
export async function isWriteRefused({ client, settings }: AspectContext): Promise<boolean> {
  const where = { Bucket: settings.bucket, Key: trialKey() };
  try {
    const { VersionId } = await client.send(new PutObjectCommand({ ...where, Body: "", ContentLength: 0 }));
    await client.send(new DeleteObjectCommand(VersionId === undefined ? where : { ...where, VersionId }));
    return false;
  } catch (error) {
    if (s3Error(error).status === 403) return true;
    throw error;
  }
}
