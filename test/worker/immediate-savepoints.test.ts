// Immediate mode and savepoints: the emissions of a released savepoint run in order when its transaction has committed.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { harness } from '../support/harness.ts';

const happened = defineSignal('immediate-savepoints.happened', z.object({ value: z.number() }));

test('the emissions of savepoints run after the outermost commit, unless the savepoint was rolled back', async () => {
  const seen: number[] = [];
  class Seeing {
    @OnSignal(happened)
    static async receive({ value }: { value: number }): Promise<void> {
      seen.push(value);
    }
  }
  await using h = await harness({ services: [Seeing], testing: 'immediate' });
  await h.db.transaction(async (tx) => {
    await happened.emitReliable(tx, { value: 1 });
    await tx.transaction(async (savepoint) => {
      await happened.emitReliable(savepoint, { value: 2 });
      await savepoint.transaction(async (inner) => void (await happened.emitReliable(inner, { value: 3 })));
      await savepoint
        .transaction(async (inner) => {
          await happened.emitReliable(inner, { value: 4 });
          throw new Error('only this one');
        })
        .catch(() => {});
    });
    expect(seen).toEqual([]);
  });
  expect(seen).toEqual([1, 2, 3]);
});
