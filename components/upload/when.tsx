import { LocalTime } from "@/components/ui/local-time";

const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hour12: false };
const clockAndDay: Intl.DateTimeFormatOptions = { ...clock, day: "numeric", month: "long" };
const dayMs = 24 * 60 * 60 * 1_000;

/** When an upload was begun, with the day if that is not today. */
export function When({ iso }: { iso: string }) {
  const recent = Date.now() - new Date(iso).getTime() < dayMs;
  return <LocalTime iso={iso} options={recent ? clock : clockAndDay} />;
}
