import type { OpenedUpload, PostPolicy, UploadStatus } from "../schema";
import type { CallFailure, PostFailure } from "./failures";
import type { OpenRequest } from "./server";
import type { CallName, NewFile } from "./state";

/** What a file on the disk looks like at a moment; null when it cannot be read any more. */
export type Look = { readonly sizeBytes: number; readonly lastModified: number } | null;

/** `run` and `generation` come back from the effect that started the work, so that late news can be told from new. */
type OfRun = { readonly fileId: number; readonly run: number };

export type UploaderEvent =
  // what the person does
  | { readonly type: "walkStarted" }
  | { readonly type: "filesAdded"; readonly files: readonly NewFile[]; readonly system: number; readonly twice: number }
  | {
      readonly type: "fileReplaced";
      readonly fileId: number;
      readonly sizeBytes: number;
      readonly lastModified: number;
      readonly contentType: string;
    }
  | { readonly type: "walkEnded" }
  | { readonly type: "fileCanceled"; readonly fileId: number }
  | { readonly type: "fileRetried"; readonly fileId: number }
  | { readonly type: "failedRetried" }
  | { readonly type: "finished" }
  | { readonly type: "allCanceled" }
  | { readonly type: "triedAgain" }
  // what the posts say
  | (OfRun & { readonly type: "progressed"; readonly sentBytes: number })
  | (OfRun & { readonly type: "posted" })
  | (OfRun & { readonly type: "looked"; readonly look: Look })
  | (OfRun & { readonly type: "changed"; readonly look: Look })
  | (OfRun & { readonly type: "postFailed"; readonly generation: number; readonly failure: PostFailure })
  // what the site says; `askedAt` is when the call was made, by the same clock as `at`
  | { readonly type: "opened"; readonly upload: OpenedUpload; readonly askedAt: number }
  | { readonly type: "renewed"; readonly policy: PostPolicy; readonly askedAt: number }
  | { readonly type: "sealed" }
  | { readonly type: "aborted" }
  | { readonly type: "statusRead"; readonly status: UploadStatus }
  | { readonly type: "callFailed"; readonly call: CallName; readonly failure: CallFailure }
  // time and network
  | { readonly type: "rang"; readonly timer: TimerName }
  | { readonly type: "wentOnline" }
  | { readonly type: "wentOffline" };

/**
 * Time and chance come with each event, which keeps the reducer pure: `at` in milliseconds of a clock that does not
 * jump, `random` in [0, 1).
 */
export type Stamped = UploaderEvent & { readonly at: number; readonly random: number };

export type TimerName = `file:${number}` | "probe" | "policy:due" | "policy:over" | `call:${CallName}`;

export type Effect =
  | { readonly type: "open"; readonly request: OpenRequest }
  | { readonly type: "renew" | "seal" | "status" | "abort"; readonly uploadId: string }
  | {
      readonly type: "post";
      readonly fileId: number;
      readonly run: number;
      readonly key: string;
      readonly contentType: string;
      readonly policy: PostPolicy;
      readonly generation: number;
    }
  | { readonly type: "stopPost"; readonly fileId: number }
  /** Compare the file on the disk with what was sent. */
  | { readonly type: "look"; readonly fileId: number; readonly run: number }
  /** The handle is not needed any more. */
  | { readonly type: "letGo"; readonly fileId: number }
  | { readonly type: "timer"; readonly timer: TimerName; readonly delayMs: number }
  | { readonly type: "noTimer"; readonly timer: TimerName }
  /** All timers and posts. */
  | { readonly type: "stopAll" };
