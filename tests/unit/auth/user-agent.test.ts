import { expect, it } from "vitest";
import { deviceWords } from "@/lib/auth/user-agent";

const webKit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0";

it.each([
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Windows"],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/131.0.0.0`, "Edge on Windows"],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webKit} Version/18.1 Safari/605.1.15`, "Safari on macOS"],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${webKit} Version/18.1 Mobile/15E148 Safari/604.1`,
    "Safari on iOS",
  ],
  [`Mozilla/5.0 (Linux; Android 10; K) ${chrome} Mobile Safari/537.36`, "Chrome on Android"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"],
  ["curl/8.5.0", "Unknown device"],
  ["", "Unknown device"],
  [null, "Unknown device"],
])("%j is %j", (userAgent, device) => {
  expect(deviceWords(userAgent)).toBe(device);
});

it("is short and plain text whatever a client sends", () => {
  for (const userAgent of [
    "<b>x</b>/1 (<i>Windows</i>)",
    "Mozilla/5.0 ".repeat(10_000),
    "(".repeat(20_000),
    "\u202eFirefox/1",
  ])
    expect(deviceWords(userAgent)).toMatch(/^[\w ]{1,40}$/);
});
