import { cn } from "../cn";
import { contourPath } from "./contours";

const depths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Draws an atoll as contour lines: lagoon, reef and sea floor. Decorative. */
export function AtollArt({ faded = false, className }: { faded?: boolean; className?: string }) {
  return (
    <svg
      viewBox="-400 -330 800 660"
      aria-hidden="true"
      preserveAspectRatio="xMidYMid slice"
      className={cn("text-accent", faded && "mask-radial-from-45% mask-radial-to-72%", className)}
    >
      {depths.toReversed().map((depth) => (
        <path
          key={depth}
          d={contourPath(136 + depth * 34 + depth * depth * 1.6, depth)}
          fill="currentColor"
          fillOpacity={0.028}
          stroke="currentColor"
          strokeOpacity={0.34 - depth * 0.027}
          strokeWidth={depth === 0 ? 0 : 1}
        />
      ))}
      <path d={contourPath(124, 0)} fill="var(--color-surface)" stroke="currentColor" strokeWidth="1.5" />
      <path d={contourPath(124, 0)} fill="currentColor" fillOpacity="0.1" />
      <path d={contourPath(96, 0.25)} fill="currentColor" fillOpacity="0.2" />
      <path d={contourPath(70, 0.6)} fill="currentColor" fillOpacity="0.22" />
      <path d={contourPath(40, 1.2)} fill="currentColor" fillOpacity="0.24" />
      <g transform="translate(46 -74) scale(.155)">
        <path d={contourPath(100, 0.4)} fill="var(--color-surface)" stroke="currentColor" strokeWidth="8" />
      </g>
      <g transform="translate(-92 30) scale(.09)">
        <path d={contourPath(100, 1.4)} fill="var(--color-surface)" stroke="currentColor" strokeWidth="12" />
      </g>
    </svg>
  );
}
