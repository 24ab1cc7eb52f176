import { formatBytes, formatCount } from "@/components/ui/format";
import { busyConnections } from "@/lib/uploader/state/endpoints";
import { messageOf } from "@/lib/uploader/state/failure-messages";
import type { UploadFile } from "@/lib/uploader/state/file";
import {
  awaitsDecision,
  isDead,
  isElsewhere,
  missingFiles,
  outstanding,
  takesFiles,
  type UploaderState,
} from "@/lib/uploader/state/state";
import { progressOf } from "@/lib/uploader/steps/progress";

const number = (count: number) => count.toLocaleString("en");

/** 75 → "about 1 min": as exact as an estimate can be. */
export function formatDuration(seconds: number): string {
  if (seconds < 5) return "a few seconds";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `about ${hours} h` : `about ${hours} h ${minutes % 60} min`;
}

/** Why files wait although nothing is wrong with the upload; null while they move. */
export function waitingText(state: UploaderState): string | null {
  if (isElsewhere(state) || state.halted) return null;
  if (!state.online && (state.outage || state.calls.open))
    return "You seem to be offline. The upload resumes when the connection is back.";
  if (state.outage) return "The storage does not answer at the moment. The upload resumes when it does.";
  if (waitsForSite(state)) return "The site does not answer at the moment. The upload resumes when it does.";
  return null;
}

/** Whether everything waits for a failed call to be made again. */
function waitsForSite(state: UploaderState): boolean {
  const { phase, calls, endpoints, batches, policy, paused } = state;
  if (phase === "opening") return (calls.open ?? calls.resume) !== undefined;
  // Between two polls no call has failed.
  if (phase === "sealing" || phase === "verifying") return ((calls.seal ?? calls.status)?.failures ?? 0) > 0;
  if (phase !== "uploading" || paused || busyConnections(endpoints) > 0) return false;
  if (calls.renew && policy?.expired) return true;
  return Object.values(batches).some(({ trouble }) => trouble !== null) || callsAgain(state);
}

/** Whether a call that signs or completes parts is made again. */
function callsAgain({ counts, files }: UploaderState): boolean {
  if (counts.parts + counts.completing === 0) return false;
  const waits = (file: UploadFile) => (file.state === "parts" || file.state === "completing") && file.retryAt !== null;
  return files.chunks.some((chunk) => chunk.some(waits));
}

/** Whether a resumed upload waits for its files to be added again. */
export function awaitsFiles(state: UploaderState): boolean {
  const { resumed, files, adding, phase } = state;
  return resumed?.owner === "here" && files.size === 0 && adding === 0 && phase === "uploading";
}

/** Whether everything that is left is paused. */
export function isPaused(state: UploaderState): boolean {
  if (!takesFiles(state) || isDead(state)) return false;
  const left = outstanding(state);
  return left > 0 && (state.paused || left === state.counts.paused);
}

/** Whether the person has to decide or fix something. */
export function needsPerson(state: UploaderState): boolean {
  if (isElsewhere(state)) return false;
  const awaitsChoice = state.counts.conflict > 0 && state.counts.conflict === outstanding(state) && state.adding === 0;
  return (
    awaitsDecision(state) || awaitsFiles(state) || awaitsChoice || (state.halted !== null && !isHarmlessHalt(state))
  );
}

/** Whether the upload is halted although nothing is wrong. */
export function isHarmlessHalt({ halted }: UploaderState): boolean {
  return halted?.code === "slow-check" || halted?.code === "finished";
}

/** Whether the upload is halted by a problem. */
function hasStopped(state: UploaderState): boolean {
  return state.halted !== null && !isHarmlessHalt(state) && state.phase !== "done" && state.phase !== "aborted";
}

/** The number of files in the storage: sent now, or there before. */
export function arrivedFiles({ counts }: UploaderState): number {
  return counts.done + counts.present;
}

function uploadingHeadline(state: UploaderState): string {
  const { counts } = state;
  if (awaitsFiles(state)) return "Ready to resume";
  if (awaitsDecision(state)) {
    const failed = counts.failed > 0 ? `, ${number(counts.failed)} failed` : "";
    const missing = missingFiles(state);
    return `${formatCount(arrivedFiles(state), "file")} uploaded${failed}${missing > 0 ? `, ${number(missing)} missing` : ""}`;
  }
  const all = outstanding(state) + arrivedFiles(state) + counts.failed;
  if (isPaused(state)) return `Paused: ${formatCount(all, "file")}`;
  if (needsPerson(state) && counts.conflict > 0)
    return `${formatCount(counts.conflict, "file")} ${counts.conflict === 1 ? "waits" : "wait"} for your choice`;
  return `Uploading ${formatCount(all, "file")}`;
}

function doneHeadline({ counts }: UploaderState): string {
  if (counts.done > 0) return `${formatCount(counts.done, "file")} uploaded and verified`;
  if (counts.present > 0) return `${formatCount(counts.present, "file")} already there, nothing to upload`;
  return "Nothing was uploaded";
}

export function headline(state: UploaderState): string {
  const { counts } = state;
  if (isElsewhere(state)) return "This upload is running in another tab";
  if (state.halted?.code === "finished") return "Finished elsewhere";
  if (hasStopped(state)) return "The upload stopped";
  if (state.adding > 0 && state.phase === "idle") return `Reading… ${formatCount(state.files.size, "file")} found`;
  switch (state.phase) {
    case "idle":
      if (outstanding(state) > 0) return `Paused: ${formatCount(outstanding(state), "file")}`;
      return counts.refused > 0 ? `${formatCount(counts.refused, "file")} cannot be uploaded` : "Nothing to upload";
    case "opening":
      return state.resumed ? "Resuming the upload" : "Starting the upload";
    case "uploading":
      return uploadingHeadline(state);
    case "sealing":
      return "Finishing the upload";
    case "verifying":
      return `Checking ${formatCount(arrivedFiles(state), "file")}`;
    case "done":
      return doneHeadline(state);
    case "aborted":
      // An upload with nothing to send was aborted by itself.
      return counts.canceled === 0 && counts.skipped > 0 ? "Nothing was uploaded" : "The upload was canceled";
  }
}

/** The line below the headline. */
export function progressText(state: UploaderState): string {
  const { counts } = state;
  if (isElsewhere(state)) return "It continues here if that tab closes.";
  if (awaitsFiles(state)) return arrivedBefore(state);
  const parts: string[] = [];
  if (state.phase === "opening" || state.phase === "uploading") parts.push(...movingTexts(state));
  if (state.phase === "sealing" || state.phase === "verifying") parts.push("They are stored; you may leave this page");
  const pending = state.phase === "done" ? (state.status?.files.pending ?? 0) : 0;
  if (pending > 0) parts.push(`previews of ${formatCount(pending, "file")} are being made`);
  if (state.phase !== "done") {
    if (counts.skipped > 0) parts.push(`${number(counts.skipped)} skipped`);
    if (counts.refused > 0) parts.push(`${number(counts.refused)} left out`);
    if (counts.canceled > 0 && state.phase !== "aborted") parts.push(`${number(counts.canceled)} canceled`);
  }
  if (state.leftOut.twice > 0) parts.push(`${number(state.leftOut.twice)} added twice`);
  if (state.leftOut.system > 0) parts.push(`${formatCount(state.leftOut.system, "system file")} left out`);
  return parts.join(" · ");
}

function arrivedBefore({ status, resumed }: UploaderState): string {
  const total = status?.files.total ?? 0;
  const planned = resumed?.plannedFiles;
  if (total === 0) return "Nothing has arrived yet.";
  return planned
    ? `${number(total)} of ${formatCount(planned, "file")} are there.`
    : `${formatCount(total, "file")} are there.`;
}

function movingTexts(state: UploaderState): string[] {
  const progress = progressOf(state);
  const all = outstanding(state) + arrivedFiles(state) + state.counts.failed;
  const parts = [
    `${number(arrivedFiles(state))} of ${formatCount(all, "file")}`,
    `${formatBytes(progress.sentBytes)} of ${formatBytes(progress.plannedBytes)}`,
  ];
  if (outstanding(state) > 0 && !state.outage && !state.halted && !isPaused(state) && !needsPerson(state)) {
    if (progress.bytesPerSecond !== null) parts.push(`${formatBytes(progress.bytesPerSecond)}/s`);
    if (progress.secondsLeft !== null) parts.push(`${formatDuration(progress.secondsLeft)} left`);
  }
  // Keeps a figure and its unit on one line.
  return parts.map((part) => part.replaceAll(" ", "\u00a0"));
}

/** For screen readers: each change of the headline and every quarter of the progress, not every file. */
export function announcement(state: UploaderState): string {
  if (state.phase === "idle" && state.files.size === 0) return "";
  const waiting = waitingText(state);
  if (waiting) return waiting;
  if (state.halted && (hasStopped(state) || isHarmlessHalt(state))) {
    const { title, advice } = messageOf(state.halted);
    return `${headline(state)}. ${title} ${advice}`;
  }
  const moving = state.phase === "uploading" && outstanding(state) > 0 && !state.halted && !isElsewhere(state);
  if (!moving || isPaused(state) || needsPerson(state))
    return headline(state).replace(/^Reading….*$/, "Reading the files");
  const quarters = Math.floor(progressOf(state).ratio * 4) * 25;
  const failed = state.counts.failed > 0 ? `, ${formatCount(state.counts.failed, "file")} failed` : "";
  const choices =
    state.counts.conflict > 0
      ? `, ${formatCount(state.counts.conflict, "file")} already here: your choice is needed`
      : "";
  return `Uploading, ${quarters} percent${failed}${choices}`;
}
