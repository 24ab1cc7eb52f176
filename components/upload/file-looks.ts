import {
  Check,
  CheckCheck,
  CircleAlert,
  CircleHelp,
  CircleSlash,
  Clock,
  type LucideIcon,
  Minus,
  Pause,
  SkipForward,
} from "lucide-react";
import { Spinner } from "@/components/ui/spinner";
import { type FileState, isPausable, type UploadFile } from "@/lib/uploader/state/file";
import { sentBytesOf } from "@/lib/uploader/state/file-bytes";

type FileLook = {
  readonly icon: LucideIcon | typeof Spinner;
  readonly tone: string;
  readonly word: string;
  /** The word is shown, not only heard: it is not what most rows say. */
  readonly said?: true;
};

export const fileLooks: Readonly<Record<FileState, FileLook>> = {
  queued: { icon: Minus, tone: "text-muted", word: "Queued" },
  registering: { icon: Minus, tone: "text-muted", word: "Preparing" },
  conflict: { icon: CircleHelp, tone: "text-warn", word: "Waits for your choice", said: true },
  ready: { icon: Minus, tone: "text-muted", word: "Queued" },
  hashing: { icon: Spinner, tone: "text-muted", word: "Preparing", said: true },
  posting: { icon: Spinner, tone: "text-accent", word: "Uploading" },
  parts: { icon: Spinner, tone: "text-accent", word: "Uploading" },
  completing: { icon: Spinner, tone: "text-accent", word: "Finishing", said: true },
  checking: { icon: Spinner, tone: "text-accent", word: "Finishing" },
  waiting: { icon: Clock, tone: "text-warn", word: "Trying again", said: true },
  paused: { icon: Pause, tone: "text-muted", word: "Paused", said: true },
  present: { icon: CheckCheck, tone: "text-ok", word: "Already there", said: true },
  done: { icon: Check, tone: "text-ok", word: "Uploaded" },
  skipped: { icon: SkipForward, tone: "text-muted", word: "Skipped", said: true },
  failed: { icon: CircleAlert, tone: "text-danger", word: "Failed", said: true },
  refused: { icon: CircleAlert, tone: "text-warn", word: "Left out", said: true },
  canceled: { icon: CircleSlash, tone: "text-muted", word: "Canceled", said: true },
};

/** How much of a file arrived or is on its way, 0 … 1; null where that is not worth a number. */
export function shareSent(file: UploadFile): number | null {
  const { state, sizeBytes } = file;
  const sentBytes = state === "waiting" ? file.post.sentBytes : sentBytesOf(file);
  const shows = state === "posting" || state === "parts" || state === "paused" || state === "waiting";
  if (!shows || sizeBytes === 0 || sentBytes === 0) return null;
  return Math.min(1, sentBytes / sizeBytes);
}

export function mayCancel(file: UploadFile): boolean {
  return isPausable(file) || file.state === "conflict" || file.state === "paused";
}
