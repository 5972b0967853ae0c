// The written outcome of one run, as drain(), tick() and immediate mode get it.
import type { Settlement } from '../../core/delivery.ts';
import type { TallyOutcome } from '../../core/tally.ts';

export interface RunResult {
  /** The stored name; empty if this process does not have the receiver. */
  readonly receiver: string;
  /** `void`: another worker had the delivery by then, or the delivery could not be run. */
  readonly ended: Settlement['to'] | 'void';
  readonly error?: unknown;
  /** The delivery is due again after this time, if it is `ready` or `released`. */
  readonly delayMs?: number | undefined;
}

export const VOID: RunResult = { receiver: '', ended: 'void' };

/** @param error the receiver's error, or the reason why it could not be called */
export const resultOf = (receiver: string, settlement: Settlement, error: unknown): RunResult => ({
  receiver,
  ended: settlement.to,
  error,
  delayMs: 'delayMs' in settlement ? settlement.delayMs : undefined,
});

/** As it is counted. */
export const talliedAs = (ended: RunResult['ended']): TallyOutcome => (ended === 'ready' ? 'retrying' : ended === 'void' ? 'stale' : ended);
