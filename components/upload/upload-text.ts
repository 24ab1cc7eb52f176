import { formatBytes, formatCount } from "@/components/ui/format";
import { progressOf } from "@/lib/upload/client/progress";
import { awaitsDecision, outstanding, type UploaderState } from "@/lib/upload/client/state";

/** 75 → "about 1 min": as exact as such a guess can be. */
export function formatDuration(seconds: number): string {
  if (seconds < 5) return "a few seconds";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `about ${hours} h` : `about ${hours} h ${minutes % 60} min`;
}

/** Why nothing moves although nothing is wrong with the upload; null while it moves. */
export function waitingText(state: UploaderState): string | null {
  if (state.phase !== "uploading" && state.phase !== "opening") return null;
  if (!state.online && (state.outage || state.calls.open))
    return "You seem to be offline. The upload goes on by itself when the connection is back.";
  if (state.outage) return "The storage does not answer at the moment. The upload goes on by itself when it does.";
  if (state.calls.open || (state.calls.renew && state.policy?.over))
    return "The site does not answer at the moment. The upload goes on by itself when it does.";
  return null;
}

export function headline(state: UploaderState): string {
  const { counts } = state;
  if (state.adding > 0 && state.phase === "idle") return `Reading… ${formatCount(state.files.size, "file")} found`;
  if (awaitsDecision(state))
    return `${formatCount(counts.done, "file")} uploaded, ${counts.failed.toLocaleString("en")} failed`;
  switch (state.phase) {
    case "idle":
      return counts.refused > 0 ? `${formatCount(counts.refused, "file")} cannot be uploaded` : "Nothing to upload";
    case "opening":
      return "Starting the upload";
    case "uploading":
      return `Uploading ${formatCount(outstanding(state) + counts.done + counts.failed, "file")}`;
    case "sealing":
      return "Finishing the upload";
    case "verifying":
      return `Checking ${formatCount(counts.done, "file")}`;
    case "done":
      return `${formatCount(counts.done, "file")} uploaded and verified`;
    case "aborted":
      return "The upload was canceled";
  }
}

/** The line below the bar. */
export function progressText(state: UploaderState): string {
  const { counts } = state;
  const parts: string[] = [];
  if (state.phase === "opening" || state.phase === "uploading") {
    const progress = progressOf(state);
    parts.push(`${counts.done.toLocaleString("en")} of ${formatCount(progress.filesPlanned, "file")}`);
    parts.push(`${formatBytes(progress.sentBytes)} of ${formatBytes(progress.plannedBytes)}`);
    if (outstanding(state) > 0 && !state.outage && !state.halted) {
      if (progress.bytesPerSecond !== null) parts.push(`${formatBytes(progress.bytesPerSecond)}/s`);
      if (progress.secondsLeft !== null) parts.push(`${formatDuration(progress.secondsLeft)} left`);
    }
  }
  if (state.phase === "sealing" || state.phase === "verifying") parts.push("They are stored; you may leave this page");
  if (state.phase === "done") parts.push(formatBytes(state.bytes.sent));
  const pending = state.phase === "done" ? (state.status?.files.pending ?? 0) : 0;
  if (pending > 0) parts.push(`previews of ${formatCount(pending, "file")} are being made`);
  if (counts.refused > 0) parts.push(`${counts.refused.toLocaleString("en")} left out`);
  if (counts.canceled > 0 && state.phase !== "aborted") parts.push(`${counts.canceled.toLocaleString("en")} canceled`);
  if (state.leftOut.twice > 0) parts.push(`${state.leftOut.twice.toLocaleString("en")} already there`);
  if (state.leftOut.system > 0) parts.push(`${formatCount(state.leftOut.system, "system file")} ignored`);
  return parts.join(" · ");
}

/** For those who listen: each turn, and every tenth of the way, not every file. */
export function announcement(state: UploaderState): string {
  if (state.phase === "idle" && state.files.size === 0) return "";
  const waiting = waitingText(state);
  if (waiting) return waiting;
  const moving = state.phase === "uploading" && outstanding(state) > 0 && !state.halted;
  if (!moving) return headline(state).replace(/^Reading….*$/, "Reading the files");
  const tenths = Math.floor(progressOf(state).ratio * 10) * 10;
  const failed = state.counts.failed > 0 ? `, ${formatCount(state.counts.failed, "file")} failed` : "";
  return `Uploading, ${tenths} percent${failed}`;
}
