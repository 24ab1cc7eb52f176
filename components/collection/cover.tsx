import { contourPath } from "@/components/ui/art/contours";
import { cn } from "@/components/ui/cn";

// Grid classes by number of thumbnails, 0 to 4.
const layouts = ["", "", "grid-cols-2", "grid-cols-[2fr_1fr] grid-rows-2", "grid-cols-[2fr_1fr] grid-rows-3"];

/** Combines up to four thumbnails into one picture, or draws contour lines when there are none. Decorative. */
export function Cover({ thumbs, seed }: { thumbs: readonly string[]; seed: string }) {
  const shown = thumbs.slice(0, 4);
  if (shown.length === 0) return <EmptyCover seed={seed} />;
  const firstSpan = shown.length === 4 ? "row-span-3" : shown.length === 3 && "row-span-2";
  return (
    <div className={cn("grid size-full gap-0.5", layouts[shown.length])}>
      {shown.map((src, index) => (
        // biome-ignore lint/performance/noImgElement: the bytes come straight from S3
        <img
          key={src}
          src={src}
          alt=""
          loading="lazy"
          decoding="async"
          className={cn("size-full min-h-0 min-w-0 object-cover", index === 0 && firstSpan)}
        />
      ))}
    </div>
  );
}

function EmptyCover({ seed }: { seed: string }) {
  const degrees = [...seed].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
  return (
    <svg
      viewBox="-160 -120 320 240"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      className="size-full text-accent"
    >
      <g transform={`rotate(${degrees}) translate(${(degrees % 60) - 30} ${(degrees % 44) - 22})`}>
        {[5, 4, 3, 2, 1, 0].map((depth) => (
          <path
            key={depth}
            d={contourPath(34 + depth * 26, depth + (degrees % 7) / 7, 48)}
            fill="currentColor"
            fillOpacity="0.045"
            stroke="currentColor"
            strokeOpacity={0.32 - depth * 0.04}
          />
        ))}
      </g>
    </svg>
  );
}
