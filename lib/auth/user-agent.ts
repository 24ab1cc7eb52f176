import "server-only";
import { userAgentFromString } from "next/server";

const maxHeaderCharacters = 512;

const shownAs: Record<string, string> = {
  "Chrome Headless": "Chrome",
  "Chromium OS": "ChromeOS",
  "Mac OS": "macOS",
  "Mobile Safari": "Safari",
};

/** Returns a User-Agent in short words: "Firefox on Windows", or "Unknown device". */
export function deviceWords(userAgent: string | null): string {
  const { browser, os } = userAgentFromString((userAgent ?? "").slice(0, maxHeaderCharacters));
  const words = [browser.name, os.name].flatMap((name) => (name ? [shownAs[name] ?? name] : []));
  return words.join(" on ") || "Unknown device";
}
