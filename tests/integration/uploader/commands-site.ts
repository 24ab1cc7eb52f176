import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { abortUpload, openUpload, renewPolicy, sealUpload } from "@/lib/upload/commands";
import { cancelFiles, registerChecksums, registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { uploadStatus } from "@/lib/upload/queries";
import { completeInput, filesInput, partsInput } from "@/lib/upload/schema";
import { verifyUpload } from "@/lib/upload/verify/verify";
import type { UploadServer } from "@/lib/uploader/transport/server";
import { Faults } from "@/tests/support/fault-proxy/faults";

const verifyTries = 10;
const worker = mintSystemViewer("worker");

/**
 * The site's real commands, called without HTTP, by a user. The connection to it is as bad as the storage's: a call gets
 * lost before it is made, or its answer is.
 */
export class CommandsSite {
  readonly #faults: Faults;
  #verified: Promise<void> | undefined;

  constructor(
    readonly viewer: UserViewer,
    readonly slug: string,
    { seed, share }: { seed: number; share: number },
  ) {
    this.#faults = new Faults({ seed, share, kinds: ["reset", "forwardedReset"] });
  }

  get port(): UploadServer {
    const { viewer, slug } = this;
    return {
      open: (request) => this.#call("open", () => openUpload(viewer, { collectionSlug: slug, ...request })),
      resume: (uploadId) => this.#call("resume", () => this.#resume(uploadId)),
      files: (uploadId, files) =>
        this.#call("files", () => registerFiles(viewer, uploadId, filesInput.parse({ files }).files)),
      registerChecksums: (uploadId, files) =>
        this.#call("registerChecksums", () => registerChecksums(viewer, uploadId, filesInput.parse({ files }).files)),
      parts: (uploadId, input) => this.#call("parts", () => signParts(viewer, uploadId, partsInput.parse(input))),
      complete: (uploadId, input) =>
        this.#call("complete", () => completeFile(viewer, uploadId, completeInput.parse(input))),
      cancel: (uploadId, paths) => this.#call("cancel", () => cancelFiles(viewer, uploadId, [...paths])),
      renewPolicy: (uploadId) => this.#call("renew", () => renewPolicy(viewer, uploadId)),
      seal: (uploadId) => this.#call("seal", () => this.#seal(uploadId)),
      abort: (uploadId) => this.#call("abort", () => abortUpload(viewer, uploadId)),
      status: (uploadId) => this.#call("status", () => uploadStatus(viewer, uploadId)),
    };
  }

  /** Resolves when the worker has no job left; rejects if one failed for good. */
  async settled(): Promise<void> {
    await this.#verified;
  }

  async #resume(uploadId: string) {
    const [status, policy] = [await uploadStatus(this.viewer, uploadId), await renewPolicy(this.viewer, uploadId)];
    return { status, policy, prefix: (policy.fields.key ?? "").replace(/\$\{filename\}$/, "") };
  }

  async #seal(uploadId: string): Promise<void> {
    await sealUpload(this.viewer, uploadId);
    this.#verified ??= this.#verify(uploadId);
    this.#verified.catch(() => undefined); // reported by `settled`
  }

  /** What the worker does, which repeats a job that failed. */
  async #verify(uploadId: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await verifyUpload(worker, uploadId, async () => undefined);
        return;
      } catch (error) {
        if (tries === verifyTries) throw error;
      }
    }
  }

  async #call<Result>(name: string, make: () => Promise<Result>): Promise<Result> {
    const kind = this.#faults.next({ operation: "other", key: name, part: 0 })?.kind;
    if (kind === "reset") throw new TypeError("the connection broke before the call was made");
    const result = await make();
    if (kind === "forwardedReset") throw new TypeError("the connection broke after the call was made");
    return result;
  }
}
