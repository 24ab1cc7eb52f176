import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "../cn";

/** The browser's own list, which keyboards, screen readers and phones know, in the look of the other fields. */
export function Select({ className, children, ...props }: ComponentProps<"select">) {
  return (
    <span className="relative grid">
      <select
        {...props}
        className={cn(
          "h-11 w-full appearance-none truncate rounded-xl border border-field bg-surface pr-10 pl-3.5 text-base text-ink transition-colors sm:text-sm",
          "hover:border-ink/60 focus-visible:border-accent focus-visible:outline-offset-0 disabled:opacity-55 aria-invalid:border-danger",
          className,
        )}
      >
        {children}
      </select>
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-3.5 size-4 -translate-y-1/2 text-muted"
      />
    </span>
  );
}
