// The logger that a box has when it is given none: pino on standard error, readable on a terminal, JSON elsewhere.
// It decides what is told of an error: never the parameters of a query or the rows of a database, which hold payloads.
import { pino, type Logger as Pino } from 'pino';
import pretty from 'pino-pretty';
import type { Logger } from '../core/logger.ts';
import { checkValue } from '../core/options.ts';
import { oneOf } from '../core/rules.ts';

const level = oneOf('debug', 'info', 'warn', 'error', 'silent');

/** Loggers that nobody chose, so that nobody chose their level either. */
const defaults = new WeakSet<Logger>();

/** A pino logger. `SIGNALBOX_LOG_LEVEL` (debug, info, warn, error, silent) sets its level, in any case of letters; it is `warn` without. @throws SignalboxError `InvalidOption` */
export function defaultLogger(): Logger & Pick<Pino, 'level'> {
  const stderr = 2;
  const options = { name: 'signalbox', level: levelFromEnvironment() ?? 'warn', serializers: { err: describeError } };
  const log = process.stderr.isTTY
    ? pino(
        options,
        pretty({ destination: stderr, sync: true, singleLine: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss.l' }),
      )
    : pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: stderr, sync: true }));
  defaults.add(log);
  return log;
}

/** For a process whose purpose is to work: the default logger tells what it does, unless the environment says otherwise. */
export function raiseToInfo(log: Logger): void {
  if (defaults.has(log) && 'level' in log && levelFromEnvironment() === undefined) log.level = 'info';
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/**
 * Type, message, stack and code; messages and stacks of causes are joined to its own. Its other members are left out:
 * a database error carries the parameters and the failing row, an HTTP error the request.
 */
function describeError(thrown: unknown): object {
  if (!(thrown instanceof Error))
    return { type: 'Thrown', message: typeof thrown === 'string' ? thrown : `no Error but of type ${typeof thrown}` };
  const { type, message, stack } = pino.stdSerializers.err(thrown);
  const causes = causesOf(thrown);
  const code = causes.map((error) => error.code).find((code) => typeof code === 'string');
  // Drizzle ends the message of a failed query with this line.
  const lines = causes.flatMap(({ params }) => (Array.isArray(params) ? [`\nparams: ${String(params)}`] : []));
  const clean = (text: string): string => lines.reduce((cleaned, line) => cleaned.replaceAll(line, ''), text);
  return { type, message: clean(message), ...(code === undefined ? {} : { code }), stack: clean(stack) };
}

function causesOf(error: Error): (Error & { code?: unknown; params?: unknown })[] {
  const causes: Error[] = [];
  for (let at: unknown = error; at instanceof Error && !causes.includes(at); at = at.cause) causes.push(at);
  return causes;
}

/** An empty variable is one that is not set: compose files make such. */
function levelFromEnvironment(): string | undefined {
  const given = process.env['SIGNALBOX_LOG_LEVEL'] || undefined;
  if (given !== undefined) checkValue(given.toLowerCase(), level, 'SIGNALBOX_LOG_LEVEL', 'the level');
  return given?.toLowerCase();
}
