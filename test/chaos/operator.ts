// An operator in a chaos run: by `box.deliveries`, past every proxy, retries, cancels or replays a delivery now and then.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, type DeliveryFilter, type Signalbox } from '../../src/index.ts';
import { OPERATED } from './evidence.ts';

type Act = 'retry' | 'cancel' | 'replay';

/** Where each act finds something to do; cancelling strikes what waits, what runs and what is dead. */
const STATES: Record<Act, NonNullable<DeliveryFilter['states']>> = {
  retry: ['dead', 'cancelled', 'ready'],
  cancel: ['ready', 'running', 'dead'],
  replay: ['completed', 'dead', 'cancelled'],
};
const ACTS = Object.keys(STATES) as Act[];
/** The latest of them. */
const CHOICE = 50;

export interface Operator {
  /** @param which from 0, below 1: the act @param target the same: the delivery. Returns how many deliveries it changed. */
  act(which: number, target: number): Promise<number>;
  close(): Promise<void>;
}

export function openOperator(url: string): Operator {
  const client = postgres(url, { max: 4, onnotice: () => {} });
  const box: Signalbox = createSignalbox({ db: drizzle({ client }), services: [], log: false });
  return {
    act: async (which, target) => {
      const act = ACTS[Math.floor(which * ACTS.length)]!;
      const found = await box.deliveries.find({ states: STATES[act], limit: CHOICE });
      const delivery = found[Math.floor(target * found.length)];
      if (!delivery) return 0;
      const { emissionId, receiver } = delivery;
      const address = { emissionId, receiver };
      return (act === 'cancel' ? await box.deliveries.cancel(address, OPERATED) : await box.deliveries[act](address)).length;
    },
    close: async () => {
      await box.close();
      await client.end({ timeout: 1 });
    },
  };
}
