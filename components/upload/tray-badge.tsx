import { Check, CircleAlert, CircleSlash, Pause } from "lucide-react";
import { formatCount } from "@/components/ui/format";
import { moodOf, ratioOf, type TrayMood, useStates } from "./tray-state";
import type { RunningUpload } from "./uploads-store";

const radius = 6.25;
const around = 2 * Math.PI * radius;

const heard: Readonly<Record<TrayMood, string>> = {
  asks: "needs you",
  moves: "uploading",
  paused: "paused",
  done: "uploaded",
  over: "canceled",
};

/** What the tray's button says: one ring for all uploads, or that one of them needs the person. */
export function TrayBadge({ uploads }: { uploads: readonly RunningUpload[] }) {
  const states = useStates(uploads);
  const mood = moodOf(states);
  const percent = `${Math.floor(ratioOf(states) * 100)} %`;
  return (
    <>
      <span className="sr-only">{`${formatCount(uploads.length, "upload")}, ${heard[mood]} `}</span>
      {mood === "asks" && <CircleAlert aria-hidden className="text-warn" />}
      {mood === "moves" && <Ring ratio={ratioOf(states)} />}
      {mood === "paused" && <Pause aria-hidden className="text-muted" />}
      {mood === "done" && <Check aria-hidden className="text-ok" />}
      {mood === "over" && <CircleSlash aria-hidden className="text-muted" />}
      {/* As wide at 9 % as at 100 %. */}
      <span className="min-w-[3.25em] text-center tabular-nums" aria-hidden={mood === "asks" || mood === "done"}>
        {mood === "asks" ? "Needs you" : mood === "done" ? "Uploaded" : mood === "over" ? "Canceled" : percent}
      </span>
    </>
  );
}

function Ring({ ratio }: { ratio: number }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" className="-rotate-90 text-accent">
      <circle cx="8" cy="8" r={radius} fill="none" stroke="currentColor" strokeWidth="2" opacity="0.22" />
      <circle
        cx="8"
        cy="8"
        r={radius}
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeDasharray={around}
        strokeDashoffset={around * (1 - Math.max(0.02, ratio))}
      />
    </svg>
  );
}
