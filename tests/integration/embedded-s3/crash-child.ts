import { startS3 } from "@/lib/embedded/s3/server";
import { root } from "./harness";

/** The store in a process of its own, for tests that kill it. Prints its endpoint. */
const [dataDir = ""] = process.argv.slice(2);
startS3({ dataDir, users: [root] }).then(
  ({ endpoint }) => process.stdout.write(`${endpoint}\n`),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  },
);
