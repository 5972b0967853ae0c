// Adds the fields of extensions to each line of a box's log, and to the logger that a receiver is given when it asks for it.
import type { Logger } from '../core/logger.ts';
import { givenLogger, standsFor } from './safe-log.ts';

/** The fields of a line that is written now, in this async context. */
export type LogFields = () => object | undefined;

/** The same logger, with these fields in each line; those of the line itself go before them. Fields that cannot be had are left out. */
export function withFields(log: Logger, fieldsOf: readonly LogFields[]): Logger {
  if (fieldsOf.length === 0) return log;
  const add = (fields: object): object => ({ ...Object.assign({}, ...fieldsOf.map(tried)), ...fields });
  return standsFor(
    {
      debug: (fields, message) => log.debug(add(fields), message),
      info: (fields, message) => log.info(add(fields), message),
      warn: (fields, message) => log.warn(add(fields), message),
      error: (fields, message) => log.error(add(fields), message),
      child: (fields) => log.child(add(fields)),
    },
    givenLogger(log),
  );
}

/** A log decides nothing, so neither does what adds to it. */
function tried(fields: LogFields): object | undefined {
  try {
    return fields();
  } catch {
    return undefined;
  }
}
