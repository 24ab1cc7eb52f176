/** Dates of IPTC's Information Interchange Model 4.2, in the form of EXIF; empty where there is none. */
export type IptcFacts = { created: string; digitized: string };

const record = 2;
/** Data sets of record 2: the date (CCYYMMDD) and the time (HHMMSS±HHMM) when the picture was made, and when it was digitized. */
const dataSets = { createdDate: 55, createdTime: 60, digitizedDate: 62, digitizedTime: 63 } as const;

/** Reads the dates among IPTC records. Ends where the records are damaged. */
export function readIptc(records: Buffer): IptcFacts {
  const values = new Map<number, string>();
  let position = 0;
  while (position + 5 <= records.length && records[position] === 0x1c) {
    const length = records.readUInt16BE(position + 3);
    const start = position + 5;
    const dataSet = records.readUInt8(position + 2);
    const value = records.toString("latin1", start, Math.min(start + length, records.length));
    if (records[position + 1] === record && !values.has(dataSet)) values.set(dataSet, value);
    if (length > 0x7fff) break; // An extended length: no date has one.
    position = start + length;
  }
  const moment = (date: number, time: number) => momentOf(values.get(date) ?? "", values.get(time) ?? "");
  return {
    created: moment(dataSets.createdDate, dataSets.createdTime),
    digitized: moment(dataSets.digitizedDate, dataSets.digitizedTime),
  };
}

function momentOf(date: string, time: string): string {
  const day = /^(\d{4})[-:]?(\d{2})[-:]?(\d{2})/.exec(date.trim());
  if (!day) return "";
  const clock = /^(\d{2}):?(\d{2}):?(\d{2})(.*)$/s.exec(time.trim());
  return `${day.slice(1).join(":")}${clock ? ` ${clock.slice(1, 4).join(":")}${clock[4]}` : ""}`;
}
