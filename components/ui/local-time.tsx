"use client";

import { useSyncExternalStore } from "react";

const never = () => () => {};

type LocalTimeProps = { iso: string; options: Intl.DateTimeFormatOptions; className?: string };

/** A time in the person's own zone, which the server does not know: UTC until the page is alive. */
export function LocalTime({ iso, options, className }: LocalTimeProps) {
  const local = useSyncExternalStore(
    never,
    () => new Intl.DateTimeFormat("en", options).format(new Date(iso)),
    () => new Intl.DateTimeFormat("en", { ...options, timeZone: "UTC" }).format(new Date(iso)),
  );
  return (
    <time dateTime={iso} className={className}>
      {local}
    </time>
  );
}
