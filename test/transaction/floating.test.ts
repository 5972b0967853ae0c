// An emit that is not awaited fails while its callback still runs: only the transaction reports that failure.
import { expect, test } from 'vitest';
import { countEmissions } from '../support/effects.ts';
import { harness } from '../support/harness.ts';
import { happened, One } from './one.ts';

test('an emit that is not awaited and fails long before the end of its callback is no unhandled rejection', async () => {
  await using h = await harness({ services: [One] });
  const unhandled: unknown[] = [];
  const hear = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', hear);
  try {
    const attempt = h.db.transaction(async (tx) => {
      // oxlint-disable-next-line typescript/no-floating-promises -- that it floats is what is tested
      happened.emitReliable(tx, { value: 'no number' as unknown as number });
      // Each takes a round trip, in which an unhandled rejection would be reported.
      for (let value = 1; value <= 3; value++) await happened.emitReliable(tx, { value });
    });
    await expect(attempt).rejects.toMatchObject({ code: 'InvalidPayload' });
  } finally {
    process.off('unhandledRejection', hear);
  }
  expect(unhandled).toEqual([]);
  expect(await countEmissions(h.sql)).toBe(0);
});
