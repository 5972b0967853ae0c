// Two copies of the package in one process, as bundlers make them: signals of one reach the box of the other.
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import type * as Signalbox from '../../src/index.ts';
import { isSignalboxError, OnSignal } from '../../src/index.ts';
import { harness } from '../support/harness.ts';

async function importCopy(): Promise<typeof Signalbox> {
  vi.resetModules();
  return import('../../src/index.ts');
}

test('a signal of another copy of the package finds the box, and its errors are known', async () => {
  const { defineSignal, isSignalboxError: isKnownThere } = await importCopy();
  const happened = defineSignal('copies.happened', z.object({ value: z.number() }));
  const received: number[] = [];
  class Listener {
    @OnSignal(happened)
    static async receive({ value }: { value: number }): Promise<void> {
      received.push(value);
    }
  }
  await using h = await harness({ services: [Listener] });
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 7 })));
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  expect(received).toEqual([7]);
  const refused: unknown = await happened.emitReliable(h.db as never, { value: 1 }).catch((error: unknown) => error);
  expect([isSignalboxError(refused), isKnownThere(refused)]).toEqual([true, true]);
});
