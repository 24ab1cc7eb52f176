import type { ReactNode } from "react";
import { cn } from "./cn";

type ScrollListProps = {
  label: string;
  /** A class such as `max-h-80`; without one the list does not scroll. */
  maxHeight: string | false;
  children: ReactNode;
  className?: string;
};

/** A list that scrolls within its height, also by keyboard. */
export function ScrollList({ label, maxHeight, children, className }: ScrollListProps) {
  return (
    <ul
      aria-label={label}
      {...(maxHeight && { tabIndex: 0 })}
      className={cn(maxHeight && "overflow-y-auto rounded-sm", maxHeight, className)}
    >
      {children}
    </ul>
  );
}
