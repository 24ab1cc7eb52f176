import { deriveInspected, type Inspected, inspectFile, type Outcome, type Repair, repairInspected } from "../file/file";
import { readsUsage, type Usage } from "./usage";

export type DecoderRequest =
  | { step: "inspect"; filePath: string; isBeginning: boolean }
  | { step: "derive" | "repair"; filePath: string; contentType: string };
export type DecoderReply =
  | { inspected: Inspected }
  | { derivation: Outcome }
  /** In place of a derivation, where the picture is damaged. */
  | { repair: Repair }
  | { error: string; isSystem: boolean };
export type DecoderMessage = "ready" | { usage: Usage } | DecoderReply;

const reportMilliseconds = 100;

// The child process that decodes pictures. It has no credentials, and its crash does not affect the worker.
// The channel closes when the parent ends, even if the parent was killed. `process.exit` would first wait for libvips to finish
// the picture, which may take forever.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// Service managers signal the whole process group. Ignored here: the parent stops the children in order.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
const send = (message: DecoderMessage) => process.send?.(message);
process.on("message", async (request: DecoderRequest) => {
  try {
    send(await run(request));
  } catch (error) {
    // Node's system errors name the call that failed: https://nodejs.org/api/errors.html#class-systemerror
    const isSystem = error instanceof Error && "syscall" in error;
    send({ error: error instanceof Error ? error.message : String(error), isSystem });
  }
});

async function run(request: DecoderRequest): Promise<DecoderReply> {
  if (request.step === "inspect") return { inspected: await inspectFile(request.filePath, request.isBeginning) };
  const { filePath, contentType } = request;
  if (request.step === "repair") return { derivation: await repairInspected(filePath, contentType) };
  const derived = await deriveInspected(filePath, contentType);
  return "repair" in derived ? derived : { derivation: derived };
}

// Elsewhere the parent cannot see what this process uses.
if (!readsUsage) {
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    send({ usage: { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 } });
  }, reportMilliseconds);
}
send("ready");
