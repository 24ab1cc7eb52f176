import type { Draft } from "./draft";
import type { Effect, Stamped, TimerName, UploaderEvent } from "./events";
import {
  onAborted,
  onCallFailed,
  onCallRang,
  onOnline,
  onOpened,
  onPolicyRang,
  onRenewed,
  onSealed,
  onStatusRead,
  onTriedAgain,
} from "./on-calls";
import {
  onAllCanceled,
  onFailedRetried,
  onFileCanceled,
  onFileReplaced,
  onFileRetried,
  onFilesAdded,
  onFinished,
  onWalkEnded,
  onWalkStarted,
} from "./on-files";
import { onChanged, onFileRang, onLooked, onPosted, onPostFailed, onProbe, onProgressed } from "./on-posts";
import { sample } from "./progress";
import { advance } from "./schedule";
import type { CallName, UploaderState } from "./state";

export type Step = { readonly state: UploaderState; readonly effects: readonly Effect[] };

/**
 * What an event makes of the state, and what is to be done about it. Pure: the same state and event give the same
 * result, the given state is not changed, nothing is thrown for an event that comes too late or twice.
 */
export function step(state: UploaderState, event: Stamped): Step {
  const draft: Draft = { state: { ...state }, effects: [], at: event.at, random: event.random };
  handle(draft, event);
  advance(draft);
  sample(draft);
  return { state: draft.state, effects: draft.effects };
}

type Handlers = {
  [Type in UploaderEvent["type"]]: (draft: Draft, event: Extract<UploaderEvent, { type: Type }>) => void;
};

const handlers: Handlers = {
  walkStarted: onWalkStarted,
  filesAdded: onFilesAdded,
  fileReplaced: onFileReplaced,
  walkEnded: onWalkEnded,
  fileCanceled: onFileCanceled,
  fileRetried: onFileRetried,
  failedRetried: onFailedRetried,
  finished: onFinished,
  allCanceled: onAllCanceled,
  triedAgain: onTriedAgain,
  progressed: onProgressed,
  posted: onPosted,
  looked: onLooked,
  changed: onChanged,
  postFailed: onPostFailed,
  opened: onOpened,
  renewed: onRenewed,
  sealed: onSealed,
  aborted: onAborted,
  statusRead: onStatusRead,
  callFailed: onCallFailed,
  wentOnline: (draft) => onOnline(draft, true),
  wentOffline: (draft) => onOnline(draft, false),
  rang: (draft, { timer }) => onRang(draft, timer),
};

function handle<Type extends UploaderEvent["type"]>(draft: Draft, event: Extract<UploaderEvent, { type: Type }>): void {
  handlers[event.type as Type](draft, event);
}

function onRang(draft: Draft, timer: TimerName): void {
  if (timer === "probe") onProbe(draft);
  else if (timer === "policy:due") onPolicyRang(draft, "due");
  else if (timer === "policy:over") onPolicyRang(draft, "over");
  else if (timer.startsWith("call:")) onCallRang(draft, timer.slice(5) as CallName);
  else onFileRang(draft, Number(timer.slice(5)));
}
