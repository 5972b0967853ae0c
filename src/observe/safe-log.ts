// Logging decides nothing. A box writes to its logger through this file: a method that throws (a full disk), rejects or
// is missing costs a line of the log, and never a transaction, a worker or the process. The first loss raises a warning
// of the process, which is shown where the log is not.
//
// The box's own lines carry the reported form of an error (core/error-report.ts), so that no logger, whatever it prints
// of an error, prints the parameters of a query, or megabytes. Lines that a receiver writes through its `log` pass
// unchanged.
import type { GivenLogger, Logger } from '../core/logger.ts';
import { errorReport } from '../core/error-report.ts';

const givenLoggers = new WeakMap<Logger, GivenLogger>();

/** The logger behind one that {@link safeLogger} made; any other logger itself. */
export const givenLogger = (log: Logger): GivenLogger => givenLoggers.get(log) ?? log;

/** Wraps any logger in one that never throws. */
export function safeLogger(given: GivenLogger): Logger {
  const guard = lossGuard();
  const write =
    (level: Level) =>
    (fields: object, message: string): void =>
      guard(() => methodOf(given, level)?.(told(fields), message));
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => guarded(childOf(given, fields, guard), guard),
  };
  return standsFor(log, given);
}

/** Notes that `log` writes to `given`. */
export function standsFor(log: Logger, given: GivenLogger): Logger {
  givenLoggers.set(log, given);
  return log;
}

type Level = 'debug' | 'info' | 'warn' | 'error';
type Guard = (write: () => unknown) => void;

/** Looked up for each line: pino changes its methods with its level. */
function methodOf(given: GivenLogger, level: Level): ((fields: object, message: string) => unknown) | undefined {
  return typeof given[level] === 'function' ? (fields, message) => given[level](fields, message) : undefined;
}

/** Runs writes, and swallows their failures. */
function lossGuard(): Guard {
  let isTold = false;
  const lost = (error: unknown): void => {
    if (isTold) return;
    isTold = true;
    process.emitWarning(`The logger of a box failed, so lines of its log are lost: ${errorReport(error).message}`, 'SignalboxWarning');
  };
  return (write) => {
    try {
      const written = write() as Partial<PromiseLike<unknown>> | null | undefined;
      if (typeof written?.then === 'function') written.then(undefined, lost);
    } catch (error) {
      lost(error);
    }
  };
}

function told(fields: object): object {
  return 'err' in fields ? { ...fields, err: new LoggedError(fields.err) } : fields;
}

/** An error for loggers, which recognise an Error, or print the members that they find. */
class LoggedError extends Error {
  constructor(thrown: unknown) {
    super();
    const { name, message, stack = `${name}: ${message}`, ...named } = errorReport(thrown);
    // Enumerable, for loggers that write any object as JSON; pino takes its type from the name where there is no class.
    Object.assign(this, named);
    for (const [key, value] of Object.entries({ name, message, stack })) Object.defineProperty(this, key, { value, enumerable: true });
    Object.defineProperty(this, 'constructor', { value: undefined });
  }
}

/** The methods of pino and similar loggers that write a line. */
const WRITING = new Set<string | symbol>(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

/**
 * The logger of a receiver: the given logger's own child with all its methods, of which those that write never throw.
 */
function guarded(child: Logger, guard: Guard): Logger {
  return new Proxy(child, {
    get(target, key) {
      const call = (args: unknown[]): unknown => Reflect.apply(Reflect.get(target, key) as () => unknown, target, args);
      if (WRITING.has(key)) return (...args: unknown[]) => guard(() => typeof Reflect.get(target, key) === 'function' && call(args));
      if (key === 'child') return (fields: object, ...rest: unknown[]) => guarded(childOf(target, fields, guard, rest), guard);
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? (...args: unknown[]) => call(args) : member;
    },
  });
}

/** A child of a logger, or, if the logger makes none, a substitute that adds the fields to each line. */
function childOf(parent: GivenLogger, fields: object, guard: Guard, rest: readonly unknown[] = []): Logger {
  let child: unknown;
  guard(() => {
    if (typeof parent.child === 'function') child = Reflect.apply(parent.child, parent, [fields, ...rest]);
  });
  return typeof child === 'object' && child !== null ? (child as Logger) : bound(parent, fields);
}

function bound(parent: GivenLogger, fields: object): Logger {
  const write =
    (level: Level) =>
    (own: object | string, message: string): unknown =>
      typeof own === 'string' ? methodOf(parent, level)?.(fields, own) : methodOf(parent, level)?.({ ...fields, ...own }, message);
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (more) => bound(parent, { ...fields, ...more }),
  };
}
