import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

export const engines = ["firefox", "webkitgtk"] as const;
export type Engine = (typeof engines)[number];
export type EngineOptions = { engine: Engine };

export const firefoxFile = "/usr/bin/firefox-esr";
export const webKitDriverFile = "/usr/bin/WebKitWebDriver";
export const xvfbFile = "/usr/bin/Xvfb";

/** Lists the Debian packages of an engine that are not installed. */
export function missingPackages(engine: Engine): string[] {
  if (engine === "firefox") return existsSync(firefoxFile) ? [] : ["firefox-esr"];
  const hasDriver = existsSync(webKitDriverFile) && miniBrowserFile() !== "";
  return [...(hasDriver ? [] : ["webkit2gtk-driver"]), ...(existsSync(xvfbFile) ? [] : ["xvfb"])];
}

/** Finds WebKitGTK's browser in the folder of the machine's architecture; empty where there is none. */
export function miniBrowserFile(): string {
  if (!existsSync("/usr/lib")) return "";
  const files = readdirSync("/usr/lib").map((folder) => path.join("/usr/lib", folder, "webkit2gtk-4.1/MiniBrowser"));
  return files.find((file) => existsSync(file)) ?? "";
}
