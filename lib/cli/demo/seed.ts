import { createUser, viewerOfEmail } from "@/lib/auth/commands";
import { demoEmail } from "@/lib/auth/policy";
import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { createCollection } from "@/lib/collection/commands";
import { closeDb, db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { bucketPermit } from "@/lib/owner/commands";
import { closeStorage } from "@/lib/storage/client";
import { originalKey } from "@/lib/storage/keys";
import { putObject } from "@/lib/storage/objects/objects";
import { openUpload, sealUpload } from "@/lib/upload/commands";
import { type DemoCollection, demoCollections } from "./collections";
import { makePicture } from "./pictures";

/** Limits how much visitors of a public demo can upload. */
const demoQuotaBytes = 5_000_000_000n;
const hourMs = 3_600_000;

/**
 * Creates the demo account and its three collections. Idempotent: keeps what exists, so an interrupted run can be repeated.
 * The pictures are uploaded as any others: an upload with its prefix, sealed, then processed by the worker.
 */
export async function seedDemo(password: string): Promise<void> {
  try {
    const viewer = await demoUser(password);
    // One after another: painting uses a whole core.
    for (const collection of demoCollections) await seedCollection(viewer, collection);
  } finally {
    await stopQueue();
    await closeDb();
    closeStorage();
  }
}

async function demoUser(password: string): Promise<UserViewer> {
  const system = mintSystemViewer("cli");
  const count = await db().user.count({ where: { email: demoEmail } });
  if (count > 0) return viewerOfEmail(system, demoEmail);
  const viewer = await createUser(system, { email: demoEmail, name: "Demo", password, isAdmin: false });
  await db().user.update({ where: { id: viewer.userId }, data: { quotaBytes: demoQuotaBytes } });
  return viewer;
}

async function seedCollection(viewer: UserViewer, demo: DemoCollection): Promise<void> {
  const { name, description, visibility } = demo;
  const existing = await db().collection.findUnique({ where: { slug: demo.slug }, select: { createdById: true } });
  // A collection of another user with the same slug is left unchanged.
  if (existing && existing.createdById !== viewer.userId) return;
  const { slug } = existing ? demo : await createCollection(viewer, { name, slug: demo.slug, description, visibility });
  const isFilled = { collection: { slug }, state: { in: ["sealed" as const, "verified" as const] } };
  if ((await db().upload.count({ where: isFilled })) > 0) return;

  const { id, prefix } = await openUpload(viewer, {
    collectionSlug: slug,
    label: "Demo pictures",
    plannedFiles: demo.paths.length,
  });
  const permit = await bucketPermit(viewer);
  for (const [index, path] of demo.paths.entries()) {
    const takenAt = new Date(demo.firstTakenAt.getTime() + index * demo.hoursBetween * hourMs);
    const body = await makePicture(demo.scene, index, takenAt);
    const object = { key: originalKey(prefix, path), body, contentType: "image/jpeg", cacheControl: "private" };
    await putObject(permit, object);
  }
  await sealUpload(viewer, id);
}
