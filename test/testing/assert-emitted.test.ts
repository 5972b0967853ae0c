// assertEmitted: passes for what was emitted, and else says what was.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal } from '../../src/index.ts';
import { assertEmitted, captured, type CapturedEmissions } from '../../src/testing.ts';
import { harness } from '../support/harness.ts';

const paid = defineSignal('asserted.paid', z.object({ order: z.int(), lines: z.array(z.object({ sku: z.string() })), at: z.string() }));
const shipped = defineSignal('asserted.shipped', z.object({ order: z.int() }));

async function seenOf(...orders: number[]): Promise<CapturedEmissions> {
  await using h = await harness({ testing: 'capture' });
  return await captured(() =>
    h.db.transaction(async (tx) => {
      for (const order of orders) await paid.emitReliable(tx, { order, lines: [{ sku: `s${order}` }], at: 'now' });
    }),
  );
}

test('it passes for what was emitted: at all, so often, with these members, as a function accepts', async () => {
  const seen = await seenOf(1, 2);
  assertEmitted(seen, paid);
  assertEmitted(seen, paid, { times: 2 });
  assertEmitted(seen, paid, { with: { order: 2, lines: [{ sku: 's2' }] }, times: 1 });
  assertEmitted(seen, paid, { with: ({ order }) => order > 1, times: 1 });
  assertEmitted(seen, shipped, { times: 0 });
  assertEmitted(seen, paid, { with: { order: 3 }, times: 0 });
});

test('a failure has what was expected, how often it was so, and all that was emitted', async () => {
  const seen = await seenOf(1);
  expect(() => assertEmitted(seen, shipped)).toThrow(
    "asserted.shipped was to be emitted at least once, and was so 0 times. Emitted were:\n  asserted.paid { order: 1, lines: [ { sku: 's1' } ], at: 'now' }",
  );
  expect(() => assertEmitted(seen, paid, { times: 0 })).toThrow('asserted.paid was to be emitted 0 times, and was so 1 times.');
  expect(() => assertEmitted(seen, paid, { times: 2 })).toThrow('to be emitted 2 times, and was so 1 times.');
  expect(() => assertEmitted(seen, paid, { with: { lines: [{ sku: 'other' }] } })).toThrow(
    "its payload like { lines: [ { sku: 'other' } ] }, and was so 0 times",
  );
  expect(() => assertEmitted(seen, paid, { with: () => false })).toThrow('its payload accepted by the function, and was so 0 times');
  expect(() => assertEmitted(seen, paid, { with: { lines: [] } })).toThrow('and was so 0 times');
});

test('a failure of many lists some of them', async () => {
  const seen = await seenOf(...Array.from({ length: 23 }, (_, order) => order));
  expect(() => assertEmitted(seen, shipped)).toThrow(/order: 19,[^\n]*\n  and 3 more$/);
  expect(() =>
    assertEmitted(new (Object.getPrototypeOf(seen) as { constructor: new (all: []) => CapturedEmissions }).constructor([]), paid),
  ).toThrow('Nothing was emitted.');
});

test('an expectation that cannot be is refused', async () => {
  const seen = await seenOf(1);
  expect(() => assertEmitted(seen, paid, { tims: 1 } as never)).toThrow('Did you mean times?');
  expect(() => assertEmitted(seen, paid, { times: -1 })).toThrow('times');
  // @ts-expect-error a member that the payload does not have
  assertEmitted(seen, paid, { with: { other: 1 }, times: 0 });
});
