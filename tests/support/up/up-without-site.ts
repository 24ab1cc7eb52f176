// `atoll up` with a stand-in for the site: everything it starts and stops is real, and no build is needed.
import path from "node:path";
import { startSite } from "@/lib/cli/start/processes";
import { startAndServe } from "@/lib/cli/start/start";

const nothing = async () => undefined;
const site: typeof startSite = (part) => startSite(part, path.join(import.meta.dirname, "stand-in-site.ts"));

process.exitCode = await startAndServe(
  { dev: false },
  { ensureBuilt: nothing, makeDemo: nothing, startSite: site },
).catch((error: Error) => {
  console.error(error.message);
  return 1;
});
process.exit();
