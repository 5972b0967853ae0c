// How one run of a delivery ended, as it was written: for drain(), tick() and immediate mode.
import type { Settlement } from '../../core/delivery.ts';

export interface RunResult {
  /** The stored name; empty if this process does not have the receiver. */
  readonly receiver: string;
  /** `void`: another worker had the delivery by then, or it could not be run. */
  readonly ended: Settlement['to'] | 'void';
  readonly error?: unknown;
  /** It is due again after this time. Only of what is `ready` or `released`. */
  readonly delayMs?: number | undefined;
}

export const VOID: RunResult = { receiver: '', ended: 'void' };

/** @param error what the receiver threw, or what kept it from being called */
export const resultOf = (receiver: string, settlement: Settlement, error: unknown): RunResult => ({
  receiver,
  ended: settlement.to,
  error,
  delayMs: 'delayMs' in settlement ? settlement.delayMs : undefined,
});
