import { type Logger, type LoggerOptions, pino } from "pino";

/**
 * Returns a logger on stdout (1) or stderr (2). It writes synchronously: pino's other mode flushes at the exit, and there
 * repeats a write that fails for ever when the process that reads the pipe has ended.
 */
export function processLog(fd: 1 | 2, options: LoggerOptions): Logger {
  return pino(options, pino.destination({ dest: fd, sync: true }));
}
