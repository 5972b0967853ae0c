// The logger that Signalbox writes to, as the subset of pino's interface that it needs.

type LogMethod = (fields: object, message: string) => void;

/** Any logger with pino's calling convention: fields first, then the message. */
export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  /** A logger that adds `fields` to each line. */
  child(fields: object): Logger;
}
