// Transactions of our own: nothing of the application runs in them. Always read committed, whatever the session has for a default: each
// statement must see what was committed before it.
//
// They go the way of the tracked ones, for the sake of a connection that is lost in the middle: postgres.js would answer the end of the
// callback with a ROLLBACK on a connection that is gone, and so end the process.
import type { Driver } from '../drivers/driver.ts';
import type { InTransaction } from '../store/own-run.ts';
import type { Transactions } from './transactions.ts';

/** A COMMIT whose answer is lost is a failure: what is done here may be done again. */
export function ownTransactions(transactions: Pick<Transactions, 'attempt'>, driver: Pick<Driver, 'run'>): InTransaction {
  return async (work) => {
    const { value, unanswered } = await transactions.attempt((tx, scope) => work(driver.run(scope.client), tx), {
      isolation: 'read committed',
      isOwn: true,
    });
    if (unanswered) throw unanswered.error;
    return value;
  };
}
