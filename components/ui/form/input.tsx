import type { ComponentProps } from "react";
import { cn } from "../cn";

const controlClass =
  "w-full rounded-xl border border-field bg-surface text-ink placeholder:text-muted transition-colors " +
  "hover:border-ink/60 focus-visible:border-accent focus-visible:outline-offset-0 " +
  "disabled:opacity-55 aria-invalid:border-danger";

export function Input({ className, ...props }: ComponentProps<"input">) {
  // 16 px on phones: iOS zooms into smaller fields.
  return <input {...props} className={cn(controlClass, "h-11 px-3.5 text-base sm:text-sm", className)} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea {...props} className={cn(controlClass, "min-h-24 px-3.5 py-2.5 text-base sm:text-sm", className)} />;
}
