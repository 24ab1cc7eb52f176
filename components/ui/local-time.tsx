"use client";

import { useSyncExternalStore } from "react";

const subscribeToNothing = () => () => {};

type LocalTimeProps = { iso: string; options: Intl.DateTimeFormatOptions; className?: string };

/** Shows a time in the user's time zone. The server does not know it, so the time is UTC until hydration. */
export function LocalTime({ iso, options, className }: LocalTimeProps) {
  const local = useSyncExternalStore(
    subscribeToNothing,
    () => new Intl.DateTimeFormat("en", options).format(new Date(iso)),
    () => new Intl.DateTimeFormat("en", { ...options, timeZone: "UTC" }).format(new Date(iso)),
  );
  return (
    <time dateTime={iso} className={className}>
      {local}
    </time>
  );
}
