import { type Draft, draftOf, fileOf, putFile } from "../state/draft";
import type { Effect, Stamped, TimerName, UploaderEvent } from "../state/events";
import type { CallName, UploaderState } from "../state/state";
import {
  onAborted,
  onCallFailed,
  onCallTimer,
  onOnline,
  onOpened,
  onOwning,
  onResumed,
  onResumeRequested,
  onSealed,
  onStatusRead,
  onTriedAgain,
} from "./on-calls";
import { onFilePaused, onFileResumed, onPaused, onUnpaused } from "./on-control";
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
import { sample } from "./progress";
import { onProbe, onShareChanged } from "./recovery/endpoints";
import { onFileTimer } from "./recovery/retry";
import { onRenamed } from "./register/on-conflicts";
import { onHashed } from "./register/on-hashes";
import {
  onBatchTimer,
  onFilesAnswered,
  onFilesCanceled,
  onFilesFailed,
  onRegisteredMore,
} from "./register/on-registered";
import { onConflictChosen, onOthersConflictChosen, onYielded } from "./register/passes";
import { advance } from "./schedule";
import { onCompleted, onCompleteFailed, onCompleteTimer } from "./transfer/on-complete";
import {
  onPartChanged,
  onPartFailed,
  onPartHashed,
  onPartProgressed,
  onPartSent,
  onPartsSigned,
  onPartTimer,
  onSignFailed,
} from "./transfer/on-parts";
import { onPolicyTimer, onRenewed } from "./transfer/on-policy";
import { onChanged, onPosted, onPostFailed, onProgressed, onRechecked } from "./transfer/on-posts";

export type Step = { readonly state: UploaderState; readonly effects: readonly Effect[] };

/**
 * Applies an event: returns the next state and the effects to perform. Pure: the same state and event give the same
 * result, the given state is not changed, and late or repeated events throw nothing.
 */
export function step(state: UploaderState, event: Stamped): Step {
  const draft = draftOf(state, event.at, event.random);
  // After an abort, events of files are ignored: the pass has not canceled all of them yet.
  if (state.phase !== "aborted" || !("fileId" in event)) handle(draft, event);
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
  filePaused: onFilePaused,
  fileResumed: onFileResumed,
  failedRetried: onFailedRetried,
  paused: onPaused,
  unpaused: onUnpaused,
  conflictChosen: onConflictChosen,
  othersConflictChosen: onOthersConflictChosen,
  yielded: onYielded,
  finished: onFinished,
  allCanceled: onAllCanceled,
  triedAgain: onTriedAgain,
  resumeRequested: onResumeRequested,
  progressed: onProgressed,
  posted: onPosted,
  rechecked: onRechecked,
  changed: onChanged,
  hashed: onHashed,
  partHashed: onPartHashed,
  partChanged: onPartChanged,
  renamed: onRenamed,
  postFailed: onPostFailed,
  partProgressed: onPartProgressed,
  partSent: onPartSent,
  partFailed: onPartFailed,
  opened: onOpened,
  resumed: onResumed,
  renewed: onRenewed,
  filesAnswered: onFilesAnswered,
  filesFailed: onFilesFailed,
  filesCanceled: onFilesCanceled,
  registeredMore: onRegisteredMore,
  partsSigned: onPartsSigned,
  signFailed: onSignFailed,
  completed: onCompleted,
  completeFailed: onCompleteFailed,
  sealed: onSealed,
  aborted: onAborted,
  statusRead: onStatusRead,
  callFailed: onCallFailed,
  wentOnline: (draft) => onOnline(draft, true),
  wentOffline: (draft) => onOnline(draft, false),
  shareChanged: onShareChanged,
  owning: onOwning,
  timerFired: (draft, { timer }) => onTimer(draft, timer),
};

function handle<Type extends UploaderEvent["type"]>(draft: Draft, event: Extract<UploaderEvent, { type: Type }>): void {
  handlers[event.type as Type](draft, event);
}

function onTimer(draft: Draft, timer: TimerName): void {
  const [kind = "", ...rest] = timer.split(":");
  if (timer === "probe") onProbe(draft);
  else if (timer === "policy:due") onPolicyTimer(draft, "due");
  else if (timer === "policy:expired") onPolicyTimer(draft, "expired");
  else if (kind === "call") onCallTimer(draft, rest[0] as CallName);
  else if (kind === "batch") onBatchTimer(draft, Number(rest[0]));
  else if (kind === "part") onPartTimer(draft, Number(rest[0]), Number(rest[1]));
  else onTimerOfFile(draft, Number(rest[0]));
}

/** A file has one timer: for its next attempt, or for the next call about its parts. */
function onTimerOfFile(draft: Draft, fileId: number): void {
  const file = fileOf(draft, fileId);
  if (file?.state === "completing") onCompleteTimer(draft, file);
  else if (file?.state === "parts") putFile(draft, { ...file, retryAt: null });
  else onFileTimer(draft, fileId);
}
