import type { ConflictChoice } from "@/lib/upload/policy";
import type {
  CompleteInput,
  FileAnswer,
  FileToSend,
  OpenedUpload,
  OpenUploadInput,
  PartsInput,
  PartUrls,
  PostPolicy,
  UploadStatus,
} from "@/lib/upload/schema";
import type { CallFailure, PostFailure } from "./failures";
import type { Digests, NewFile } from "./file";
import type { CallName, OthersChoice } from "./state";

export type OpenRequest = Pick<OpenUploadInput, "label" | "plannedFiles" | "plannedBytes" | "checksum">;

/** An upload begun earlier and a new policy for its prefix; the policy is null when the upload is no longer open. */
export type ResumedUpload = {
  readonly prefix: string;
  readonly policy: PostPolicy | null;
  readonly status: UploadStatus;
};

/** A file's size and date on the disk; null when it can no longer be read. */
export type OnDisk = { readonly sizeBytes: number; readonly lastModified: number } | null;

/** `run` and `generation` come from the effect that started the work: events of earlier attempts are ignored. */
type OfRun = { readonly fileId: number; readonly run: number };
/** `n`: the part's number. */
type OfPart = OfRun & { readonly n: number };
/** `multipartId`: the server's id of the file, which changes when the file is restarted. */
type OfMultipart = { readonly fileId: number; readonly multipartId: string };

type PersonEvent =
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
  | { readonly type: "filePaused"; readonly fileId: number }
  | { readonly type: "fileResumed"; readonly fileId: number }
  | { readonly type: "failedRetried" }
  | { readonly type: "paused" }
  | { readonly type: "unpaused" }
  /** Applies to all files whose path is taken, now and later. */
  | { readonly type: "conflictChosen"; readonly choice: ConflictChoice }
  /** Applies to all files whose path belongs to another person's file, now and later. */
  | { readonly type: "othersConflictChosen"; readonly choice: OthersChoice }
  | { readonly type: "finished" }
  | { readonly type: "allCanceled" }
  | { readonly type: "triedAgain" }
  /** Resumes an upload begun earlier. */
  | { readonly type: "resumeRequested"; readonly uploadId: string };

type DiskEvent =
  | (OfRun & { readonly type: "rechecked"; readonly onDisk: OnDisk })
  | (OfRun & { readonly type: "changed"; readonly onDisk: OnDisk })
  /** null: hashing failed, although the file can be read. */
  | (OfRun & { readonly type: "hashed"; readonly digests: Digests | null })
  | (OfPart & { readonly type: "partHashed"; readonly crc: string | null })
  | (OfPart & { readonly type: "partChanged"; readonly onDisk: OnDisk })
  /** `path` is free in this upload and, as far as is known, in the collection. */
  | { readonly type: "renamed"; readonly fileId: number; readonly path: string };

type StorageEvent =
  | (OfRun & { readonly type: "progressed"; readonly sentBytes: number })
  /** `verified`: the storage says that it has compared the bytes with their SHA-256. */
  | (OfRun & { readonly type: "posted"; readonly verified?: boolean })
  | (OfRun & { readonly type: "postFailed"; readonly generation: number; readonly failure: PostFailure })
  | (OfPart & { readonly type: "partProgressed"; readonly sentBytes: number })
  | (OfPart & { readonly type: "partSent"; readonly etag: string })
  | (OfPart & { readonly type: "partFailed"; readonly failure: PostFailure });

/** `requestedAt` is when the call was made, by the same clock as `at`. */
type SiteEvent =
  | { readonly type: "opened"; readonly upload: OpenedUpload; readonly requestedAt: number }
  | { readonly type: "resumed"; readonly upload: ResumedUpload; readonly requestedAt: number }
  | { readonly type: "renewed"; readonly policy: PostPolicy; readonly requestedAt: number }
  /** A slice of the answers: `from` (0) is the index of its first file in the batch, `inAll` (its length) their number. */
  | {
      readonly type: "filesAnswered";
      readonly batch: number;
      readonly files: readonly FileAnswer[];
      readonly from?: number;
      readonly inAll?: number;
    }
  | { readonly type: "filesCanceled"; readonly batch: number }
  /** The server has the digests of the batch's files. */
  | { readonly type: "registeredMore"; readonly batch: number }
  /** A batch of any kind. */
  | { readonly type: "filesFailed"; readonly batch: number; readonly failure: CallFailure }
  | (OfMultipart & {
      readonly type: "partsSigned";
      readonly parts: readonly number[];
      readonly urls: PartUrls["urls"];
      readonly elsewhere?: PartUrls["elsewhere"];
      readonly requestedAt: number;
    })
  | (OfMultipart & {
      readonly type: "signFailed";
      readonly parts: readonly number[];
      readonly failure: CallFailure;
    })
  | (OfMultipart & { readonly type: "completed" })
  | (OfMultipart & { readonly type: "completeFailed"; readonly failure: CallFailure })
  | { readonly type: "sealed" }
  | { readonly type: "aborted" }
  | { readonly type: "statusRead"; readonly status: UploadStatus }
  | { readonly type: "callFailed"; readonly call: CallName; readonly failure: CallFailure };

type AroundEvent =
  | { readonly type: "timerFired"; readonly timer: TimerName }
  /** Answers `yieldToPage`: the page could paint. */
  | { readonly type: "yielded" }
  | { readonly type: "wentOnline" }
  | { readonly type: "wentOffline" }
  /** This upload's share of the browser's six connections. */
  | { readonly type: "shareChanged"; readonly connections: number }
  /** Whether this tab owns the upload: another one does where `owned` is false, and this one waits for it. */
  | { readonly type: "owning"; readonly uploadId: string; readonly owned: boolean };

export type UploaderEvent = PersonEvent | DiskEvent | StorageEvent | SiteEvent | AroundEvent;

/**
 * Time and randomness come with each event, which keeps the reducer pure: `at` in milliseconds of a monotonic clock,
 * `random` in [0, 1).
 */
export type Stamped = UploaderEvent & { readonly at: number; readonly random: number };

export type TimerName =
  | `file:${number}`
  | `part:${number}:${number}`
  | `batch:${number}`
  | "probe"
  | "policy:due"
  | "policy:expired"
  | `call:${CallName}`;

type StorageEffect =
  | (OfRun & {
      readonly type: "post";
      readonly key: string;
      readonly contentType: string;
      /** For `x-amz-checksum-sha256`, lower-case hex; null where the policy does not take it, or it is not known. */
      readonly sha256: string | null;
      /** Its `url` is the endpoint's. */
      readonly policy: PostPolicy;
      readonly generation: number;
      /** Progress is not reported: the post ends before the screen would show any. */
      readonly quiet: boolean;
    })
  | (OfPart & {
      readonly type: "part";
      readonly url: string;
      readonly start: number;
      readonly end: number;
      /** For `x-amz-checksum-crc64nvme`, which its URL was signed with. */
      readonly crc: string | null;
    })
  /** Stops the post of the file, or all its parts. */
  | { readonly type: "stop"; readonly fileId: number };

type DiskEffect =
  /** Compares the file on the disk with the bytes that were sent. `checked`: the storage compared the bytes with a checksum. */
  | (OfRun & { readonly type: "recheck"; readonly checked: boolean })
  | (OfRun & {
      readonly type: "hash";
      readonly sizeBytes: number;
      readonly lastModified: number;
      /** Whether to take an MD5, too. */
      readonly md5: boolean;
      /** Keep the bytes in memory: the file is posted next. */
      readonly keep: boolean;
    })
  | (OfPart & {
      readonly type: "hashPart";
      readonly start: number;
      readonly end: number;
      readonly sizeBytes: number;
      readonly lastModified: number;
    })
  /** Finds a free path beside this one: "name (2).jpg". */
  | { readonly type: "rename"; readonly fileId: number; readonly foundAs: string }
  /** Drops the file's handle. */
  | { readonly type: "releaseFile"; readonly fileId: number };

type Registration = { readonly uploadId: string; readonly batch: number; readonly files: readonly FileToSend[] };

type SiteEffect =
  | { readonly type: "open"; readonly request: OpenRequest }
  | { readonly type: "resume" | "renew" | "seal" | "status" | "abort"; readonly uploadId: string }
  | (Registration & { readonly type: "files" })
  /** Registers the checksums of files that are registered already. */
  | (Registration & { readonly type: "registerChecksums" })
  | (OfMultipart & { readonly type: "sign"; readonly uploadId: string; readonly request: PartsInput })
  | (OfMultipart & {
      readonly type: "complete";
      readonly uploadId: string;
      readonly request: CompleteInput;
      /** The parts' CRC64NVMEs, combined into that of the whole file; null where one is unknown. */
      readonly pieces: readonly { readonly crc: string; readonly sizeBytes: number }[] | null;
    })
  | {
      readonly type: "cancelFiles";
      readonly uploadId: string;
      readonly batch: number;
      readonly paths: readonly string[];
    };

export type Effect =
  | StorageEffect
  | DiskEffect
  | SiteEffect
  | { readonly type: "timer"; readonly timer: TimerName; readonly delayMs: number }
  | { readonly type: "noTimer"; readonly timer: TimerName }
  /** Lets the page paint, then answers `yielded`: more is to be done than fits into one step. */
  | { readonly type: "yieldToPage" }
  /** Becomes the one tab that owns the upload. */
  | { readonly type: "own"; readonly uploadId: string }
  /** Stops all timers, posts and parts. */
  | { readonly type: "stopAll" };
