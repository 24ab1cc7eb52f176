/** The logger of the store; pino implements it. Keys of objects, signatures and policies are never logged. */
export interface StoreLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLogger: StoreLogger = { info: () => {}, warn: () => {}, error: () => {} };
