/** As much of a logger as the store needs; pino's fits. Keys of objects, signatures and policies are never passed to it. */
export interface StoreLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLogger: StoreLogger = { info: () => {}, warn: () => {}, error: () => {} };
