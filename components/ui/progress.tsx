import { cn } from "./cn";

type ProgressProps = {
  /** Null: indeterminate. */
  value: number | null;
  max?: number;
  label: string;
  tone?: "accent" | "ok" | "danger" | "quiet";
  className?: string;
};

const tones = { accent: "bg-accent", ok: "bg-ok", danger: "bg-danger", quiet: "bg-field" } as const;

export function Progress({ value, max = 1, label, tone = "accent", className }: ProgressProps) {
  const share = value === null ? null : max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(share !== null && { "aria-valuenow": Math.round(share * 100) })}
      className={cn("h-1.5 w-full overflow-hidden rounded-full bg-raised", className)}
    >
      <div
        className={cn("h-full rounded-full", tones[tone], share === null && "w-1/3 animate-slide")}
        // Transforms are composited, so hundreds of bars can move at once.
        style={share === null ? undefined : { transform: `translateX(${(share - 1) * 100}%)` }}
      />
    </div>
  );
}
