import type { IncomingMessage, ServerResponse } from "node:http";
import { pino } from "pino";
import { RotatingFile } from "../start/rotating-file";
import { watchAnswer } from "./body";

const maxLogBytes = 20 * 1024 * 1024;

export type RequestLog = {
  /** Writes one line when the answer is out or the connection gone. */
  watch(req: IncomingMessage, res: ServerResponse, bytesIn: () => number): void;
  close(): Promise<void>;
};

/** One JSON line a request in `file`. Never the query: it may carry what a signature or a token is good for. */
export function openRequestLog(file: string): RequestLog {
  const destination = new RotatingFile(file, maxLogBytes);
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    watch(req, res, bytesIn) {
      const startedAt = performance.now();
      const bytesOut = watchAnswer(res);
      const [path = ""] = (req.url ?? "").split("?");
      res.once("close", () => {
        logger.info({
          method: req.method,
          path,
          // Gone before the answer was out: as nginx writes it.
          status: res.writableFinished ? res.statusCode : 499,
          bytesIn: bytesIn(),
          bytesOut: bytesOut(),
          durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        });
      });
    },
    close: () => destination.close(),
  };
}
