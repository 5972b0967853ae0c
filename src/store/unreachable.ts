// Recognises an unusable database, with a message for the user: it cannot be reached, refuses the login, or accepts no
// writes.
import { errorReport } from '../core/error-report.ts';
import type { Driver } from '../drivers/driver.ts';
import { isAnswer, isNotPrimary, sqlState } from '../drivers/error-kind.ts';
import { isSignalboxError, SignalboxError } from '../errors.ts';

/** 28: wrong user or password, 3D000: no such database, 53300: too many connections. */
const refusesConnection = (error: unknown): boolean => /^(28...|3D000|53300)$/.test(sqlState(error) ?? '');

/** Runs `work`, in which an error that says so becomes `DatabaseUnreachable`. @throws SignalboxError `DatabaseUnreachable` */
export async function reaching<T>(driver: Driver, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSignalboxError(error)) throw error;
    if (isNotPrimary(error)) throw noWrites(error);
    throw driver.isConnectionLoss(error) || refusesConnection(error) ? unreachable(error) : error;
  }
}

/** As {@link reaching}, of a statement that only a database that is not there keeps from an answer. */
export async function contacting<T>(driver: Driver, work: () => Promise<T>): Promise<T> {
  return reaching(driver, async () => {
    try {
      return await work();
    } catch (error) {
      throw isSignalboxError(error) || isAnswer(error) || sqlState(error) !== undefined ? error : unreachable(error);
    }
  });
}

function unreachable(cause: unknown): SignalboxError {
  return new SignalboxError(
    'DatabaseUnreachable',
    `The database could not be reached: ${errorReport(cause).message}. Check its URL, and that it accepts connections from here.`,
    { cause },
  );
}

function noWrites(cause: unknown): SignalboxError {
  return new SignalboxError(
    'DatabaseUnreachable',
    `The database takes no writes: ${errorReport(cause).message}. It is a standby, or was demoted, or default_transaction_read_only is on for it or for this role. Give the box the primary.`,
    { cause },
  );
}
