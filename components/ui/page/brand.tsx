import { cn } from "../cn";

/** The logo: the open ring of an atoll and an islet. */
function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={cn("size-7", className)}>
      <path
        d="M20.9 5.6C26 8 29 13 27.9 18.3 26.6 24.5 20.8 28.4 14.6 27.3 8.2 26.2 3.6 20.6 4.3 14.4 4.9 9.3 8.7 5.3 13.6 4.3"
        fill="none"
        stroke="var(--color-accent)"
        strokeWidth="3.6"
        strokeLinecap="round"
      />
      <circle cx="17.6" cy="14.4" r="3.1" fill="var(--color-accent)" opacity="0.55" />
    </svg>
  );
}

export function Wordmark({ className }: { className?: string }) {
  return (
    <span className={cn("inline-flex items-center gap-2 font-semibold text-[1.0625rem] tracking-tight", className)}>
      <Mark />
      Atoll
    </span>
  );
}
