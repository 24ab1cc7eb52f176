import { attachToPage } from "@/lib/uploader/browser/page";
import { rememberWhileOpen } from "@/lib/uploader/browser/remember";
import { type Tabs, tabsOf } from "@/lib/uploader/browser/tabs";
import { keepAwake } from "@/lib/uploader/browser/wake-lock";
import { createUploader } from "@/lib/uploader/engine";
import type { Hasher } from "@/lib/uploader/hash/hasher";
import { hashInWorker } from "@/lib/uploader/hash/worker-hasher";
import { postByXhr } from "@/lib/uploader/transport/post-xhr";
import { putByXhr } from "@/lib/uploader/transport/put-xhr";
import { siteServer } from "@/lib/uploader/transport/site-port";
import type { Found } from "../drop/found-files";
import { browserMemory } from "./remembered";
import { type RunningUpload, type UploadTarget, uploads } from "./uploads-store";

/**
 * Adds files to the running upload, to an unfinished one of the same folder, or to a new one.
 */
export function addFiles(collection: UploadTarget, found: Found): void {
  const running = uploads.taking(collection.slug, found.folder);
  const unfinished = running ? null : uploads.offerFor(collection.slug, found.folder);
  add(running ?? begin(collection, unfinished?.uploadId ?? null), found);
}

/** Resumes an upload begun earlier; without `found` it waits for its files to be added again. */
export function resumeUpload(collection: UploadTarget, uploadId: string, found: Found | null): void {
  const upload = begin(collection, uploadId);
  if (found) add(upload, found);
}

function add({ uploader, remember }: RunningUpload, { batches, handles }: Found): void {
  void uploader.add(batches);
  void handles.then(remember);
}

/** Shared by all uploads of the page, as they share its connections. Created with the first one, in the browser. */
let shared: { hasher: Hasher; tabs: Tabs } | null = null;

function begin(collection: UploadTarget, resumes: string | null): RunningUpload {
  shared ??= { hasher: hashInWorker(), tabs: tabsOf() };
  const server = siteServer(collection.slug);
  const uploader = createUploader({ server, transport: postByXhr, partTransport: putByXhr, ...shared });
  const attachments = [attachToPage(uploader), keepAwake(uploader)];
  if (resumes !== null) uploader.resume(resumes);
  const whose = { accountId: collection.uploaderId, collectionSlug: collection.slug };
  const { addRoots, stop } = rememberWhileOpen(uploader, browserMemory(), whose);
  const detach = () => {
    for (const end of [...attachments, stop]) end();
  };
  return uploads.begin({ collection, uploader, resumes, remember: addRoots, detach });
}
