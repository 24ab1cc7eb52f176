import type { ReactNode } from "react";
import { contourPath } from "./contours";

function Drawing({ children }: { children: ReactNode }) {
  return (
    <svg viewBox="-100 -70 200 140" aria-hidden="true" className="h-36 w-52 text-accent">
      {[2, 1, 0].map((depth) => (
        <path
          key={depth}
          d={contourPath(46 + depth * 14, depth + 0.5, 40)}
          fill="currentColor"
          fillOpacity={0.05}
          stroke="currentColor"
          strokeOpacity={0.34 - depth * 0.1}
        />
      ))}
      {children}
    </svg>
  );
}

const sheet = {
  fill: "var(--color-surface)",
  stroke: "currentColor",
  strokeWidth: 1.6,
  strokeLinejoin: "round" as const,
};

/** Two photographs, for empty lists. */
export function PrintsArt() {
  return (
    <Drawing>
      <rect x="-34" y="-24" width="48" height="38" rx="5" transform="rotate(-9 -10 -5)" {...sheet} />
      <g transform="rotate(5 12 6)">
        <rect x="-14" y="-16" width="54" height="42" rx="5" {...sheet} />
        <path d="M-8 20 6 4l9 9 6-6 13 13Z" fill="currentColor" fillOpacity="0.3" />
        <circle cx="27" cy="-5" r="4" fill="currentColor" fillOpacity="0.55" />
      </g>
    </Drawing>
  );
}

/** A dashed frame with an arrow, for empty upload areas. */
export function IslandArt() {
  return (
    <Drawing>
      <rect x="-30" y="-24" width="60" height="48" rx="9" strokeDasharray="5 5" {...sheet} />
      <path
        d="M0 13V-10M-9-2l9-9 9 9"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </Drawing>
  );
}

/** A compass, for pages that do not exist. */
export function CompassArt() {
  return (
    <Drawing>
      <circle r="29" {...sheet} />
      <path d="M14-14 4 4-14 14-4-4Z" fill="currentColor" fillOpacity="0.75" />
      <circle r="2.5" fill="var(--color-surface)" />
    </Drawing>
  );
}

/** A storm cloud, for errors. */
export function StormArt() {
  return (
    <Drawing>
      <path d="M-22 10a13 13 0 0 1 2-26 18 18 0 0 1 34-3 15 15 0 0 1 8 29Z" {...sheet} />
      <path
        d="M3-8-6 8H4L-2 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </Drawing>
  );
}
