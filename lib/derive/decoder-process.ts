import type { DecoderReply, DecoderRequest } from "./decoder";
import { deriveFile } from "./file";

// The child process that decodes pictures. It has no credentials, and its crash does not affect the worker.
// The channel closes when the parent ends, even if the parent was killed. `process.exit` would first wait for libvips to finish
// the picture, which may take forever.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// Service managers signal the whole process group. Ignored here: the parent stops the children in order.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
const reply = (message: DecoderReply) => process.send?.(message);
process.on("message", async ({ filePath, isBeginning }: DecoderRequest) => {
  try {
    reply({ derivation: await deriveFile(filePath, isBeginning), rssBytes: process.memoryUsage.rss() });
  } catch (error) {
    // Node's system errors name the call that failed: https://nodejs.org/api/errors.html#class-systemerror
    const isSystem = error instanceof Error && "syscall" in error;
    reply({ error: error instanceof Error ? error.message : String(error), isSystem });
  }
});
reply("ready");
