// The signal of the cases, and its receivers, which follow the script.
import { z } from 'zod';
import { defineSignal, type DeliveryContext, OnSignal } from '../../src/index.ts';
import { type Conformance, effects } from './driver.ts';

export const happened = defineSignal('conformance.happened', z.object({ value: z.number() }));

/** A receiver that writes an effect and then follows the script, run by run. */
export function receiverThat(name: string, ...acts: ((context: DeliveryContext) => unknown)[]): new () => object {
  let run = 0;
  class Receiver {
    @OnSignal(happened, { name: `${name}.receive`, retry: { attempts: 3 } })
    static async receive({ value }: { value: number }, context: DeliveryContext): Promise<void> {
      await context.tx.insert(effects).values({ receiver: name, value });
      await acts[run++]?.(context);
    }
  }
  return Receiver;
}

export const emit = async ({ db }: Conformance, value = 1): Promise<void> =>
  db.transaction(async (tx) => void (await happened.emitReliable(tx, { value })));

export const fail = (message: string) => (): never => {
  throw new Error(message);
};
