// Logging decides nothing. A box writes to the logger that it was given through this: a method that throws (a full disk),
// rejects or is missing costs a line of the log, and never a transaction, a worker or the process. The first loss is told
// by a warning of the process, which is shown where the log is not.
//
// The box's own lines carry an error as it is told (core/told-error.ts), so that no logger, whatever it prints of an error,
// prints the parameters of a query, or megabytes. What a receiver writes through its `log` goes through as it is.
import type { GivenLogger, Logger } from '../core/logger.ts';
import { toldError } from '../core/told-error.ts';

const givenLoggers = new WeakMap<Logger, GivenLogger>();

/** The logger behind one that {@link safeLogger} made; any other as it is. */
export const givenLogger = (log: Logger): GivenLogger => givenLoggers.get(log) ?? log;

/** A logger that never throws, in front of any. */
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
  givenLoggers.set(log, given);
  return log;
}

type Level = 'debug' | 'info' | 'warn' | 'error';
type Guard = (write: () => unknown) => void;

/** Looked up for each line: pino changes its methods with its level. */
function methodOf(given: GivenLogger, level: Level): ((fields: object, message: string) => unknown) | undefined {
  return typeof given[level] === 'function' ? (fields, message) => given[level](fields, message) : undefined;
}

/** Runs a write; whatever it does, nothing comes of it. */
function lossGuard(): Guard {
  let isTold = false;
  const lost = (error: unknown): void => {
    if (isTold) return;
    isTold = true;
    process.emitWarning(`The logger of a box failed, so lines of its log are lost: ${toldError(error).message}`, 'SignalboxWarning');
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

/** An error for loggers: they look for an Error, or take the members that they find. */
class LoggedError extends Error {
  constructor(thrown: unknown) {
    super();
    const { name, message, stack = `${name}: ${message}`, ...named } = toldError(thrown);
    // Enumerable, for loggers that write JSON of whatever they are given; pino takes its type from the name where there is no class.
    Object.assign(this, named);
    for (const [key, value] of Object.entries({ name, message, stack })) Object.defineProperty(this, key, { value, enumerable: true });
    Object.defineProperty(this, 'constructor', { value: undefined });
  }
}

/** The methods that write a line, of pino and its kin. */
const WRITING = new Set<string | symbol>(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

/** What a receiver is handed: the logger's own child, with all that it can, and writing that is safe. */
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

/** A child of a logger; where it makes none, lines that begin with the same fields. */
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
