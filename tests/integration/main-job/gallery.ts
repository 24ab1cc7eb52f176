import { pino } from "pino";
import { expect } from "vitest";
import type { Viewer } from "@/lib/auth/viewer";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
import { startWorker } from "@/lib/jobs/worker";
import { mediaPage } from "@/lib/media/queries";
import type { MediaItem } from "@/lib/media/schema";
import { testCollection, testMember, testUser } from "@/tests/support/fixtures/collections";
import { drop, type Files } from "@/tests/support/fixtures/uploads";
import { headerAlone, picture } from "@/tests/support/pictures";
import { until } from "@/tests/support/until";

/** Runs the real worker until nothing of the upload waits any more. */
export async function work(uploadId: string): Promise<void> {
  const worker = await startWorker({ logger: pino({ level: "silent" }) });
  try {
    // Not by expect.poll, which is for tests alone: a gallery is made before them.
    await until(async () => {
      const open = await db().upload.count({ where: { id: uploadId, state: { not: "verified" } } });
      const pending = await db().revision.count({ where: { uploadId, state: "pending" } });
      expect({ open, pending }).toEqual({ open: 0, pending: 0 });
    });
  } finally {
    await worker.stop();
  }
}

/** A private collection with an owner and a member, and with derived pictures, broken ones and other files. */
export async function newGallery() {
  const owner = await testUser("Owner");
  const slug = await testCollection(owner);
  const member = await testMember(slug, "viewer");
  const jpeg = await picture({ width: 900, height: 600 });
  const files: Files = {
    "site-1/reef.jpg": new Uint8Array(jpeg),
    "site-1/deep/小さい.png": new Uint8Array(await picture({ width: 60, height: 40, format: "png" })),
    "lies.jpg": "<!doctype html><script>alert(1)</script>",
    "drawing.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "broken.jpg": new Uint8Array(headerAlone(jpeg)),
    "notes.txt": "eleven fish",
  };
  const upload = await drop(owner, slug, files);
  await work(upload.id);
  return { owner, member, slug, upload, files };
}

/** As the gallery shows it to a viewer. */
export async function itemAt(viewer: Viewer, slug: string, path: string): Promise<MediaItem> {
  const item = (await mediaPage(await collectionBySlug(viewer, slug))).items.find(
    (candidate) => candidate.path === path,
  );
  if (!item) throw new Error(`${path} is not in the gallery`);
  return item;
}

export async function get(url: string | undefined): Promise<Response> {
  if (!url) throw new Error("there is no such URL");
  return fetch(url);
}
