// One signal with one receiver, which writes its value: for tests of what an emit leaves behind.
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
