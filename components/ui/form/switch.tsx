import type { ReactNode } from "react";
import { cn } from "../cn";

type SwitchProps = { checked: boolean; onChange: (checked: boolean) => void; children: ReactNode; className?: string };

/** A setting that takes effect at once, with its label. */
export function Switch({ checked, onChange, children, className }: SwitchProps) {
  return (
    <label className={cn("inline-flex cursor-pointer items-start gap-2.5", className)}>
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        aria-checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        className={cn(
          "relative mt-px h-4.5 w-8 shrink-0 cursor-pointer appearance-none rounded-full border border-field bg-raised transition-colors duration-150",
          "before:absolute before:top-0.5 before:left-0.5 before:size-3 before:rounded-full before:bg-field before:transition-[translate,background-color] before:duration-150",
          "checked:border-accent checked:bg-accent checked:before:translate-x-3.5 checked:before:bg-accent-ink",
          "forced-colors:appearance-auto",
        )}
      />
      <span>{children}</span>
    </label>
  );
}
