import type { PostPolicy } from "@/lib/upload/schema";
import { tabsOf } from "@/lib/uploader/browser/tabs";
import { walkFiles } from "@/lib/uploader/browser/walk";
import { createUploader } from "@/lib/uploader/engine";
import { hashInWorker } from "@/lib/uploader/hash/worker-hasher";
import type { UploaderState } from "@/lib/uploader/state/state";
import { postByXhr } from "@/lib/uploader/transport/post-xhr";
import { putByXhr } from "@/lib/uploader/transport/put-xhr";
import type { UploadServer } from "@/lib/uploader/transport/server";
import type { Uploader } from "@/lib/uploader/uploader";
import { startHashWorker } from "./bare";
import type { Contestant } from "./contestant";
import { siteCall } from "./site-call";

const server: UploadServer = {
  open: (request) => siteCall("/atoll/open", request),
  resume: () => Promise.reject(new Error("the benchmark does not resume uploads")),
  renewPolicy: (uploadId) => siteCall<PostPolicy>("/atoll/policy", { uploadId }),
  files: (uploadId, input) => siteCall("/atoll/files", { uploadId, input }),
  registerChecksums: (uploadId, input) => siteCall("/atoll/tell", { uploadId, input }),
  parts: (uploadId, input) => siteCall("/atoll/parts", { uploadId, input }),
  complete: (uploadId, input) => siteCall("/atoll/complete", { uploadId, input }),
  seal: (uploadId) => siteCall("/atoll/seal", { uploadId }),
  abort: (uploadId) => siteCall("/atoll/abort", { uploadId }),
  status: (uploadId) => siteCall("/atoll/status", { uploadId }),
};

const hasher = hashInWorker(startHashWorker);
const tabs = tabsOf();

/** Without S3_UPLOAD_ENDPOINTS. */
const narrow: UploadServer = {
  ...server,
  async open(request) {
    const opened = await server.open(request);
    return { ...opened, policy: withoutEndpoints(opened.policy) };
  },
  renewPolicy: async (uploadId) => withoutEndpoints(await server.renewPolicy(uploadId)),
};

function withoutEndpoints({ url, fields, expiresAt }: PostPolicy): PostPolicy {
  return { url, fields, expiresAt };
}

/** Creates the uploader with the same options as the site's pages. */
const makeUploader = (given: UploadServer) =>
  createUploader({ server: given, transport: postByXhr, partTransport: putByXhr, hasher, tabs });

function troubleOf({ halted, counts }: UploaderState): string | null {
  if (halted) return halted.code;
  return counts.failed + counts.refused > 0 ? `${counts.failed} failed, ${counts.refused} refused` : null;
}

/** Resolves when sealing starts, which is when the storage has every file. */
function stored(uploader: Uploader): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const state = uploader.getSnapshot();
      const trouble = troubleOf(state);
      const isStored = state.phase === "sealing" || state.phase === "verifying" || state.phase === "done";
      if (trouble === null && !isStored) return;
      unsubscribe();
      if (trouble === null) resolve(state.upload?.prefix ?? "");
      else reject(new Error(trouble));
    };
    const unsubscribe = uploader.subscribe(look);
  });
}

async function uploadBy(given: UploadServer, files: File[]): Promise<string> {
  const uploader = makeUploader(given);
  const done = stored(uploader);
  await uploader.add(walkFiles(files));
  return done;
}

/** Six more connections. */
export const atollWide: Contestant = { upload: (files) => uploadBy(server, files) };

export const atoll: Contestant = {
  upload: (files) => uploadBy(narrow, files),
  async add(files) {
    // Keeps it from opening the upload next.
    const uploader = makeUploader({ ...server, open: () => new Promise(() => undefined) });
    const listed = new Promise<void>((resolve) => {
      uploader.subscribe(() => uploader.getSnapshot().files.size >= files.length && resolve());
    });
    await uploader.add(walkFiles(files));
    await listed;
    return uploader;
  },
};
