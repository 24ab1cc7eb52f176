import type { Draft } from "../state/draft";
import { outstanding, type UploaderState } from "../state/state";

const sampleEveryMs = 1_000;
const samplesKept = 11;

/** Records the progress, once a second while files are sent. */
export function sample(draft: Draft): void {
  const { state, at } = draft;
  if (state.phase !== "uploading") {
    if (state.samples.length > 0) state.samples = [];
    return;
  }
  const last = state.samples.at(-1);
  if (last && at - last.at < sampleEveryMs) return;
  const now = { at, sentBytes: state.bytes.sent - state.bytes.kept, files: state.counts.done + state.counts.checking };
  state.samples = [...state.samples.slice(1 - samplesKept), now];
}

export type Progress = {
  /** 0 … 1 of the bytes. */
  readonly ratio: number;
  readonly sentBytes: number;
  readonly plannedBytes: number;
  readonly filesDone: number;
  readonly filesPlanned: number;
  /** Over the last ten seconds; null while there is nothing to measure. */
  readonly bytesPerSecond: number | null;
  readonly filesPerSecond: number | null;
  /** The longer of the estimates by bytes and by files: small files take time by number, large ones by size. */
  readonly secondsLeft: number | null;
};

export function progressOf(state: UploaderState): Progress {
  const { counts, bytes, samples } = state;
  const filesDone = counts.done + counts.present;
  const filesPlanned = outstanding(state) + filesDone + counts.failed;
  const [first, last] = [samples[0], samples.at(-1)];
  const seconds = first && last ? (last.at - first.at) / 1_000 : 0;
  const rate = (from: number, to: number) => (seconds > 0 && to > from ? (to - from) / seconds : null);
  const bytesPerSecond = rate(first?.sentBytes ?? 0, last?.sentBytes ?? 0);
  const filesPerSecond = rate(first?.files ?? 0, last?.files ?? 0);
  const byBytes = bytesPerSecond === null ? null : (bytes.planned - bytes.sent - bytes.failed) / bytesPerSecond;
  const byFiles = filesPerSecond === null ? null : (filesPlanned - filesDone - counts.failed) / filesPerSecond;
  return {
    ratio: bytes.planned === 0 ? 0 : Math.min(1, bytes.sent / bytes.planned),
    sentBytes: bytes.sent,
    plannedBytes: bytes.planned,
    filesDone,
    filesPlanned,
    bytesPerSecond,
    filesPerSecond,
    secondsLeft: byBytes === null ? null : Math.max(byBytes, byFiles ?? 0),
  };
}
