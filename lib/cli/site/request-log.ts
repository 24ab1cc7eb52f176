import type { IncomingMessage, ServerResponse } from "node:http";
import { pino } from "pino";
import { RotatingFile } from "../process/rotating-file";
import { watchResponse } from "./body";

const maxLogBytes = 20 * 1024 * 1024;

export type RequestLog = {
  /** Logs the request when its response was sent or its connection closed. */
  watch(req: IncomingMessage, res: ServerResponse, bytesIn: () => number): void;
  close(): Promise<void>;
};

/** Opens a log with one JSON line per request. The query string is left out: it may contain signatures or tokens. */
export function openRequestLog(file: string): RequestLog {
  const destination = new RotatingFile(file, maxLogBytes);
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    watch(req, res, bytesIn) {
      const startedAt = performance.now();
      const bytesOut = watchResponse(res);
      const [path = ""] = (req.url ?? "").split("?");
      res.once("close", () => {
        logger.info({
          method: req.method,
          path,
          // 499, as in nginx: the client closed the connection before the response was sent.
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
