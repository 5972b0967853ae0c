// A settlement as the statement `settle` takes it. Pure.
import type { ErrorRecord, Settlement } from '../../core/delivery.ts';

interface SettleColumns {
  readonly to: string;
  readonly delay_ms: number;
  readonly refund: boolean;
  readonly error: ErrorRecord;
}

/** The values that the statement `settle` writes for a settlement. */
export function settleColumns(settlement: Exclude<Settlement, { to: 'released' | 'completed' }>): SettleColumns {
  switch (settlement.to) {
    case 'ready':
      return { to: 'ready', delay_ms: settlement.delayMs, refund: settlement.refund, error: settlement.error };
    case 'dead':
    case 'cancelled':
      return { to: settlement.to, delay_ms: 0, refund: false, error: settlement.error };
    default:
      return settlement satisfies never;
  }
}
