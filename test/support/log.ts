// A logger that keeps its lines, for tests of logs.
import type { Logger } from '../../src/index.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string | undefined;
}

export function recordingLogger(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write =
    (level: LogLine['level'], bound: object) =>
    (fields: object, message?: string): void =>
      void lines.push({ level, fields: { ...bound, ...fields }, message });
  const logger = (bound: object): Logger => ({
    debug: write('debug', bound),
    info: write('info', bound),
    warn: write('warn', bound),
    error: write('error', bound),
    child: (fields) => logger({ ...bound, ...fields }),
  });
  return { log: logger({}), lines };
}
