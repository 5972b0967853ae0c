// One signal with one receiver that writes its value, for tests of the effects of an emit.
import { z } from 'zod';
import { defineSignal, type DeliveryContext, OnSignal } from '../../src/index.ts';
import { effects } from '../support/effects.ts';

export const happened = defineSignal('test.happened', z.object({ value: z.number() }));

export class One {
  @OnSignal(happened)
  static async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: 'One', value });
  }
}
