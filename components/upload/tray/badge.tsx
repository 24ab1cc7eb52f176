import { Check, CircleAlert, CircleSlash, Pause } from "lucide-react";
import { formatCount } from "@/components/ui/format";
import type { RunningUpload } from "../store/uploads-store";
import { ratioOf, type TrayState, trayStateOf, useStates } from "./state";

const radius = 6.25;
const around = 2 * Math.PI * radius;

const spoken: Readonly<Record<TrayState, string>> = {
  needsPerson: "needs you",
  moving: "uploading",
  paused: "paused",
  done: "uploaded",
  canceled: "canceled",
};

/** The tray's button: the progress of all uploads, or that one of them needs the person. */
export function TrayBadge({ uploads }: { uploads: readonly RunningUpload[] }) {
  const states = useStates(uploads);
  const together = trayStateOf(states);
  const percent = `${Math.floor(ratioOf(states) * 100)} %`;
  return (
    <>
      <span className="sr-only">{`${formatCount(uploads.length, "upload")}, ${spoken[together]} `}</span>
      {together === "needsPerson" && <CircleAlert aria-hidden className="text-warn" />}
      {together === "moving" && <Ring ratio={ratioOf(states)} />}
      {together === "paused" && <Pause aria-hidden className="text-muted" />}
      {together === "done" && <Check aria-hidden className="text-ok" />}
      {together === "canceled" && <CircleSlash aria-hidden className="text-muted" />}
      {/* The same width at 9 % and at 100 %. */}
      <span
        className="min-w-[3.25em] text-center tabular-nums"
        aria-hidden={together === "needsPerson" || together === "done"}
      >
        {together === "needsPerson"
          ? "Needs you"
          : together === "done"
            ? "Uploaded"
            : together === "canceled"
              ? "Canceled"
              : percent}
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
