// The option `share`: how many deliveries of a receiver one transaction may have.
import type { Rule } from './options.ts';
import type { Receiver } from './receivers.ts';

/**
 * With more, the gain is small and the locks are long. And a session keeps up to 64 subtransactions at hand, beyond which each snapshot of
 * the whole server pays for them: a receiver may have savepoints of its own.
 */
export const MOST_SHARED = 25;

export const shareRule: Rule = {
  wants: `a whole number from 2 to ${MOST_SHARED}, or false`,
  accepts: (value) => value === false || (Number.isInteger(value) && (value as number) >= 2 && (value as number) <= MOST_SHARED),
};

/** The most deliveries of the receiver in one transaction, by what it and its box say; 1: each has its own. @param byDefault of the box */
export function mostShared(
  { share, transactional, isolation, batch }: Pick<Receiver, 'share' | 'transactional' | 'isolation' | 'batch'>,
  byDefault = 1,
): number {
  const wanted = share ?? byDefault;
  if (wanted === false || !transactional || isolation !== 'read committed' || batch !== undefined) return 1;
  return Math.max(1, wanted);
}
