// The logger of a box that is given none: pino on standard error, readable on a terminal, JSON elsewhere.
import { pino, type Logger as Pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Logger } from '../core/logger.ts';
import { checkValue } from '../core/options.ts';
import { oneOf } from '../core/rules.ts';
import { errorReport } from '../core/error-report.ts';
import { givenLogger } from './safe-log.ts';

const level = oneOf('debug', 'info', 'warn', 'error', 'silent');
const STDERR = 2;

/** The most bytes of unwritten lines that are kept until they can be written. Further lines are lost. */
const MOST_UNWRITTEN_BYTES = 1024 * 1024;

/** The loggers made here: the application has not chosen them, nor their level. */
const defaults = new WeakSet<object>();

/**
 * A pino logger that never throws, even when standard error is a full disk or a closed pipe. `SIGNALBOX_LOG_LEVEL`
 * (debug, info, warn, error, silent, in upper or lower case) sets its level. Default `warn`.
 * @throws SignalboxError `InvalidOption`
 */
export function defaultLogger(): Logger & Pick<Pino, 'level'> {
  const options = { name: 'signalbox', level: levelFromEnvironment() ?? 'warn', serializers: { err: serialize } };
  const stderr = pino.destination({ fd: STDERR, sync: true, maxLength: MOST_UNWRITTEN_BYTES });
  // Without a listener it throws at each line.
  stderr.on('error', () => {});
  const pretty = prettyFactory({ singleLine: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss.l' });
  const log = process.stderr.isTTY
    ? pino(options, { write: (line) => void stderr.write(pretty(line)) })
    : pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, stderr);
  defaults.add(log);
  return log;
}

/**
 * For a process whose purpose is a worker: raises the default logger to `info`, unless the environment sets a level.
 */
export function raiseToInfo(log: Logger): void {
  const given = givenLogger(log);
  if (defaults.has(given) && 'level' in given && levelFromEnvironment() === undefined) given.level = 'info';
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/** The reported form of an error, also in a receiver's own lines. pino calls the name of an error `type`. */
function serialize(thrown: unknown): object {
  const { name: type, message, ...rest } = errorReport(thrown);
  return { type, message, ...rest };
}

/** An empty variable counts as not set: compose files make such. */
function levelFromEnvironment(): string | undefined {
  const given = process.env['SIGNALBOX_LOG_LEVEL'] || undefined;
  if (given !== undefined) checkValue(given.toLowerCase(), level, 'SIGNALBOX_LOG_LEVEL', 'the level');
  return given?.toLowerCase();
}
