// The logger that a box has when it is given none: pino on standard error, readable on a terminal, JSON elsewhere.
import { pino, type Logger as Pino } from 'pino';
import pretty from 'pino-pretty';
import type { Logger } from '../core/logger.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];

/** A pino logger. `SIGNALBOX_LOG_LEVEL` (debug, info, warn, error, silent) sets its level; it is `warn` without. */
export function defaultLogger(): Logger & Pick<Pino, 'level'> {
  const stderr = 2;
  const level = levelFromEnvironment() ?? 'warn';
  if (!process.stderr.isTTY)
    return pino({ name: 'signalbox', level, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: stderr, sync: true }));
  return pino(
    { name: 'signalbox', level },
    pretty({ destination: stderr, sync: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss.l' }),
  );
}

/** For a process whose purpose is to work: tells what it does, unless the environment says otherwise. */
export function raiseToInfo(log: Logger): void {
  if ('level' in log && log.level === 'warn' && levelFromEnvironment() === undefined) log.level = 'info';
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

function levelFromEnvironment(): string | undefined {
  const level = process.env['SIGNALBOX_LOG_LEVEL'];
  return level !== undefined && LEVELS.includes(level) ? level : undefined;
}
