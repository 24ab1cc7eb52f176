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
  readonly label: string;
  /** The label is visible, not only read by screen readers. */
  readonly shown?: true;
};

export const fileLooks: Readonly<Record<FileState, FileLook>> = {
  queued: { icon: Minus, tone: "text-muted", label: "Queued" },
  registering: { icon: Minus, tone: "text-muted", label: "Preparing" },
  conflict: { icon: CircleHelp, tone: "text-warn", label: "Waits for your choice", shown: true },
  ready: { icon: Minus, tone: "text-muted", label: "Queued" },
  hashing: { icon: Spinner, tone: "text-muted", label: "Preparing", shown: true },
  posting: { icon: Spinner, tone: "text-accent", label: "Uploading" },
  parts: { icon: Spinner, tone: "text-accent", label: "Uploading" },
  completing: { icon: Spinner, tone: "text-accent", label: "Finishing", shown: true },
  checking: { icon: Spinner, tone: "text-accent", label: "Finishing" },
  waiting: { icon: Clock, tone: "text-warn", label: "Trying again", shown: true },
  paused: { icon: Pause, tone: "text-muted", label: "Paused", shown: true },
  present: { icon: CheckCheck, tone: "text-ok", label: "Already there", shown: true },
  done: { icon: Check, tone: "text-ok", label: "Uploaded" },
  skipped: { icon: SkipForward, tone: "text-muted", label: "Skipped", shown: true },
  failed: { icon: CircleAlert, tone: "text-danger", label: "Failed", shown: true },
  refused: { icon: CircleAlert, tone: "text-warn", label: "Left out", shown: true },
  canceled: { icon: CircleSlash, tone: "text-muted", label: "Canceled", shown: true },
};

/** The share of a file that arrived or is in flight, 0 … 1; null where it is not shown. */
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
