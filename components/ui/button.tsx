import type { ComponentProps } from "react";
import { cn } from "./cn";
import { Spinner } from "./spinner";

// Forced colours take backgrounds away: a border shows then what is a button.
const variants = {
  primary: "bg-accent text-accent-ink hover:bg-accent-hover shadow-card forced-colors:border",
  secondary: "border border-line bg-surface text-ink hover:bg-raised shadow-card",
  ghost: "text-ink hover:bg-raised",
  danger: "bg-danger text-danger-ink hover:opacity-90 shadow-card forced-colors:border",
} as const;

const sizes = {
  sm: "h-8 gap-1.5 rounded-lg px-3 text-[0.8125rem]",
  md: "h-10 gap-2 rounded-xl px-4 text-sm",
  lg: "h-12 gap-2 rounded-2xl px-6 text-base",
  icon: "size-10 rounded-xl",
  "icon-sm": "size-8 rounded-lg",
} as const;

type ButtonStyle = { variant?: keyof typeof variants; size?: keyof typeof sizes };

/** Returns the classes of a button, for links styled as one. */
export function buttonClass({ variant = "secondary", size = "md" }: ButtonStyle = {}, className?: string): string {
  return cn(
    "inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap font-medium",
    "transition-[background-color,opacity,scale] duration-150 active:scale-[0.98]",
    "disabled:pointer-events-none disabled:opacity-55 aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0",
    variants[variant],
    sizes[size],
    className,
  );
}

type ButtonProps = ComponentProps<"button"> &
  ButtonStyle & {
    /** Shows a spinner and ignores clicks; focus and width stay. */
    pending?: boolean;
  };

export function Button({ variant, size, pending = false, className, children, onClick, type, ...props }: ButtonProps) {
  return (
    <button
      {...props}
      type={type ?? "button"}
      aria-disabled={pending || undefined}
      aria-busy={pending || undefined}
      onClick={pending ? (event) => event.preventDefault() : onClick}
      className={buttonClass({ ...(variant && { variant }), ...(size && { size }) }, cn("relative", className))}
    >
      {pending && <Spinner className="absolute" />}
      {/* Transparent, not "invisible": screen readers still need the button's name. */}
      <span className={pending ? "inline-flex items-center gap-[inherit] opacity-0" : "contents"}>{children}</span>
    </button>
  );
}
