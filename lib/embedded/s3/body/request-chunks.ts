import type { IncomingMessage } from "node:http";

/** Chunks kept in memory before the socket is paused. */
const MOST_WAITING = 16;

/**
 * Yields the body of a request chunk by chunk, as it came from the socket. Node's own iteration joins waiting chunks into
 * one buffer, which copies every byte. Ending the iteration early neither destroys nor drains the request.
 * @throws Error ECONNRESET when the client leaves before the end
 */
export async function* requestChunks(req: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  const waiting: Buffer[] = [];
  let wake = () => {};
  let failure: Error | undefined;
  let isEnded = req.readableEnded;
  const onData = (chunk: Buffer) => {
    if (waiting.push(chunk) >= MOST_WAITING) req.pause();
    wake();
  };
  const onEnd = () => {
    isEnded = true;
    wake();
  };
  const onFailure = (error?: Error) => {
    failure ??= error ?? Object.assign(new Error("The client closed the connection."), { code: "ECONNRESET" });
    wake();
  };
  const onClose = () => {
    if (!isEnded) onFailure();
  };
  req.on("data", onData).on("end", onEnd).on("error", onFailure).on("close", onClose);
  try {
    if (req.destroyed && !isEnded) onFailure();
    for (;;) {
      const chunk = waiting.shift();
      if (chunk) {
        if (waiting.length < MOST_WAITING / 2 && req.isPaused()) req.resume();
        yield chunk;
      } else if (isEnded) return;
      else if (failure) throw failure;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    req.off("data", onData).off("end", onEnd).off("error", onFailure).off("close", onClose);
    if (!isEnded) req.pause();
  }
}
