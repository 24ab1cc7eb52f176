import type { CSSProperties } from "react";

// Common picture formats, so that the skeleton's rows resemble the gallery's.
const ratios = [1.5, 0.67, 1.33, 1.5, 1.78, 0.75, 1.5, 1, 1.33, 1.5, 0.67, 1.5, 1.5, 1.33, 0.75, 1.78, 1.5, 1.33];

export function GallerySkeleton() {
  return (
    <div role="status">
      <span className="sr-only">Loading</span>
      <ul aria-hidden className="gallery">
        {ratios.map((ratio, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list is constant
          <li key={index} style={{ "--ratio": ratio } as CSSProperties}>
            <div className="size-full animate-breathe rounded-lg bg-raised" />
          </li>
        ))}
      </ul>
    </div>
  );
}
