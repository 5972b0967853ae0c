// An operator in a chaos run, who retries, cancels or replays a delivery now and then by `box.deliveries`, without a
// proxy.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, type DeliveryFilter, type Signalbox } from '../../src/index.ts';
import { OPERATED } from '../evidence/evidence.ts';
import { findAll } from '../support/deliveries.ts';

type Operation = 'retry' | 'cancel' | 'replay';

/** The states to which each operation applies; a cancel applies to waiting, running and dead deliveries. */
const STATES: Record<Operation, NonNullable<DeliveryFilter['states']>> = {
  retry: ['dead', 'cancelled', 'ready'],
  cancel: ['ready', 'running', 'dead'],
  replay: ['completed', 'dead', 'cancelled'],
};
const OPERATIONS = Object.keys(STATES) as Operation[];
/** The latest of them. */
const CHOICE = 50;

export interface Operator {
  /** @param which from 0, below 1: the operation @param target the same: the delivery. Returns how many deliveries it changed. */
  operate(which: number, target: number): Promise<number>;
  close(): Promise<void>;
}

export function openOperator(url: string): Operator {
  const client = postgres(url, { max: 4, onnotice: () => {} });
  const box: Signalbox = createSignalbox({ db: drizzle({ client }), services: [], log: false });
  return {
    operate: async (which, target) => {
      const operation = OPERATIONS[Math.floor(which * OPERATIONS.length)]!;
      const found = await findAll(box, { states: STATES[operation] }, { limit: CHOICE });
      const delivery = found[Math.floor(target * found.length)];
      if (!delivery) return 0;
      const { emissionId, receiver } = delivery;
      const address = { emissionId, receiver };
      return (operation === 'cancel' ? await box.deliveries.cancel(address, OPERATED) : await box.deliveries[operation](address)).length;
    },
    close: async () => {
      await box.close();
      await client.end({ timeout: 1 });
    },
  };
}
