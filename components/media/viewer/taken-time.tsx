import { formatClock, formatOffset } from "@/components/ui/format";
import { wallClock } from "@/lib/media/policy";
import type { MediaItem } from "@/lib/media/schema";

type Taken = Pick<MediaItem, "takenAt" | "takenOffsetMinutes">;

/** Formats when a picture was taken, by the camera's clock: "1 Jan 2024, 07:30 +09:00", without an offset "… local time". */
export function formatTaken({ takenAt, takenOffsetMinutes }: Taken): string {
  const zone = takenOffsetMinutes === null ? "local time" : formatOffset(takenOffsetMinutes);
  return `${formatClock(wallClock(new Date(takenAt), takenOffsetMinutes))} ${zone}`;
}

/** Shows when a picture was taken: the same text for everyone, wherever they are. */
export function TakenTime(taken: Taken) {
  const { takenAt, takenOffsetMinutes } = taken;
  const clock = wallClock(new Date(takenAt), takenOffsetMinutes).toISOString().slice(0, 19);
  const zone = takenOffsetMinutes === null ? "" : formatOffset(takenOffsetMinutes);
  return <time dateTime={`${clock}${zone}`}>{formatTaken(taken)}</time>;
}
