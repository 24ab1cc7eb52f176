import { cn } from "./cn";

/** A placeholder for content being loaded. Give it the size of that content. */
export function Skeleton({ className, style }: { className?: string; style?: React.CSSProperties }) {
  return <div aria-hidden className={cn("animate-breathe rounded-lg bg-raised", className)} style={style} />;
}
