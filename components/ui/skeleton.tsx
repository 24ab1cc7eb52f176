import { cn } from "./cn";

/** A quiet stand-in of what is coming; give it the size of the real thing. */
export function Skeleton({ className, style }: { className?: string; style?: React.CSSProperties }) {
  return <div aria-hidden className={cn("animate-breathe rounded-lg bg-raised", className)} style={style} />;
}
