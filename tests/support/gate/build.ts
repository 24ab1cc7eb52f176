// The build that the browser tests serve: what `atoll up` would build, so that it finds it done.
import { ensureBuilt } from "@/lib/cli/start/build";

await ensureBuilt((line) => console.log(line));
