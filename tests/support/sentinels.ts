import { formatBytes, formatClock } from "@/components/ui/format";

/** A value that some viewers must not learn, and the texts that would tell it. */
export type Sentinel = {
  name: string;
  /** Searched for in every encoding. */
  texts: string[];
  /** Searched for as they are. */
  words?: string[];
};

/** Returns the sentinel of a size that stands out: as programs write it, and as pages do. */
export function sizeSentinel(name: string, sizeBytes: number): Sentinel {
  return { name, texts: [String(sizeBytes), sizeBytes.toLocaleString("en")], words: [formatBytes(sizeBytes)] };
}

/** Returns the texts of an instant: as programs, pages, cameras and headers write it, in seconds and milliseconds. */
export function timeTexts(time: Date): string[] {
  const iso = time.toISOString();
  const [day = "", clock = ""] = [iso.slice(0, 10), iso.slice(11, 19)];
  return [
    ...[`${day}T${clock}`, `${day} ${clock}`, `${day.replaceAll("-", ":")} ${clock}`],
    ...[`${day.replaceAll("-", "")}T${clock.replaceAll(":", "")}`, formatClock(time), time.toUTCString()],
    ...[String(time.getTime()), String(Math.floor(time.getTime() / 1_000))],
  ];
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Returns every way in which a text may stand in an answer: plain, escaped, percent-encoded, in hex, in base64. */
function encodings(text: string): string[] {
  const bytes = Buffer.from(text);
  const percent = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const [html, react] = [/[&<>"']/g, /[&<>"]/g].map((special, index) =>
    text.replace(special, (character) => (index === 0 ? `&#${character.charCodeAt(0)};` : (entities[character] ?? ""))),
  ) as [string, string];
  const hex = bytes.toString("hex");
  return [
    ...[text, text.toLowerCase(), json, JSON.stringify(json).slice(1, -1), ascii, html, react],
    ...[percent, percent.toLowerCase(), encodeURI(text), encodeURIComponent(percent), percent.replaceAll("%20", "+")],
    ...[hex, hex.toUpperCase()],
    ...base64(bytes),
  ];
}

/** In base64 a text has three looks, by where among other bytes it begins; the characters that it shares with them are left out. */
function base64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const characters = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const own = characters.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** Returns a search for the names of the sentinels that a text or a file tells. */
export function sentinelSearch(sentinels: readonly Sentinel[]): (answer: string | Uint8Array) => string[] {
  const wanted = sentinels.map(({ name, texts, words = [] }) => {
    const all = [...new Set(texts.flatMap(encodings))];
    // Shorter ones would be found in signatures by chance.
    const short = all.filter((text) => Buffer.byteLength(text) < 8);
    if (short.length > 0) throw new RangeError(`too short to search for: ${short.join(", ")}`);
    return { name, needles: [...all, ...words].map((text) => Buffer.from(text)) };
  });
  return (answer) => {
    const bytes = Buffer.from(answer);
    return wanted.filter(({ needles }) => needles.some((needle) => bytes.includes(needle))).map(({ name }) => name);
  };
}
