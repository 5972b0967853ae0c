// The logger that Signalbox writes to, as the subset of pino's interface that it needs.

type LogMethod = (fields: object, message: string) => void;

/**
 * Any logger with pino's calling convention: fields first, then the message. What it throws or rejects with costs a line of
 * the log, and nothing else. An error is in `fields.err`: its reason, bounded, and without the parameters of a query.
 */
export interface Logger {
  /** For whoever looks for a fault in Signalbox itself. */
  debug: LogMethod;
  /** What happened: a worker that started, a delivery that is completed. */
  info: LogMethod;
  /** What went wrong and is tried again. */
  warn: LogMethod;
  /** What somebody should look at: a dead delivery, a database that does not answer. */
  error: LogMethod;
  /** A logger that adds `fields` to each line. */
  child(fields: object): Logger;
}

/** What a box may be given to log to: a logger, with `child` or without. */
export type GivenLogger = Omit<Logger, 'child'> & Partial<Pick<Logger, 'child'>>;
