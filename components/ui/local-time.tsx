"use client";

import { useSyncExternalStore } from "react";
import { formatClock, formatRecent } from "./format";

const subscribeToNothing = () => () => {};

type LocalTimeProps = {
  iso: string;
  /** Leaves out the day of today and the year of this year. */
  recent?: boolean;
};

/** Shows a time by the user's clock. The server does not know it, so that the time is UTC, and says so, until hydration. */
export function LocalTime({ iso, recent = false }: LocalTimeProps) {
  const text = useSyncExternalStore(
    subscribeToNothing,
    () =>
      recent ? formatRecent(localClock(new Date(iso)), localClock(new Date())) : formatClock(localClock(new Date(iso))),
    () => `${formatClock(new Date(iso))} UTC`,
  );
  return <time dateTime={iso}>{text}</time>;
}

/** Returns what the user's clock shows, as if the clock were UTC. */
function localClock(time: Date): Date {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
}
