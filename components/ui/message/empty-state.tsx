import type { ReactNode } from "react";
import { cn } from "../cn";

type EmptyStateProps = {
  /** A small drawing; decorative. */
  art?: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  level?: 1 | 2;
  className?: string;
};

export function EmptyState({ art, title, children, actions, level = 2, className }: EmptyStateProps) {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <div className={cn("mx-auto flex max-w-md flex-col items-center px-4 py-16 text-center", className)}>
      {art && (
        <div aria-hidden className="mb-6">
          {art}
        </div>
      )}
      <Heading className="font-semibold text-xl">{title}</Heading>
      {children && <div className="mt-2 text-muted leading-relaxed">{children}</div>}
      {actions && <div className="mt-6 flex flex-wrap justify-center gap-3">{actions}</div>}
    </div>
  );
}
