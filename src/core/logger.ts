// The logger that Signalbox writes to, as the subset of pino's interface that it needs.

type LogMethod = (fields: object, message: string) => void;

/**
 * Any logger with pino's calling convention: fields first, then the message. If a call throws or rejects, that line of
 * the log is lost, and nothing else. An error is in `fields.err`: its reason, bounded, and without the parameters of a
 * query.
 */
export interface Logger {
  /** For finding a fault in Signalbox itself. */
  debug: LogMethod;
  /** Normal events: a worker has started, a delivery is completed. */
  info: LogMethod;
  /** Failures that are tried again. */
  warn: LogMethod;
  /** Failures that need a person: a dead delivery, a database that does not answer. */
  error: LogMethod;
  /** A logger that adds `fields` to each line. */
  child(fields: object): Logger;
}

/** The logger that a box may be given, with `child` or without. */
export type GivenLogger = Omit<Logger, 'child'> & Partial<Pick<Logger, 'child'>>;
