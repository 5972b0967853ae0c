// recorder: an outside service in tests, with idempotency keys and answers that are lost.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DetachedDeliveryContext, OnSignal } from '../../src/index.ts';
import { AnswerLost, recorder } from '../../src/testing.ts';
import { harness } from '../support/harness.ts';

test('it answers the same for the same key, and carries each key out once', async () => {
  let next = 1;
  const charge = recorder((amount: number, _key?: string) => ({ id: `ch_${next++}`, amount }), { key: (_amount, key?: string) => key });
  expect([await charge(5, 'a'), await charge(5, 'a'), await charge(7, 'b'), await charge(1), await charge(1)]).toEqual([
    { id: 'ch_1', amount: 5 },
    { id: 'ch_1', amount: 5 },
    { id: 'ch_2', amount: 7 },
    { id: 'ch_3', amount: 1 },
    { id: 'ch_4', amount: 1 },
  ]);
  expect(charge.calls.map(({ key, isFirst }) => [key, isFirst])).toEqual([
    ['a', true],
    ['a', false],
    ['b', true],
    [undefined, true],
    [undefined, true],
  ]);
  expect(charge.effects.map(({ args: [amount] }) => amount)).toEqual([5, 7, 1, 1]);
  charge.reset();
  expect([charge.calls, (await charge(5, 'a')).id]).toEqual([[], 'ch_5']);
});

test('two calls with one key at once are one effect', async () => {
  const charge = recorder(async (_key: string) => Promise.resolve(Math.random()), { key: (key) => key });
  const [one, other] = await Promise.all([charge('a'), charge('a')]);
  expect([one === other, charge.effects.length, charge.calls.length]).toEqual([true, 1, 2]);
});

test('a lost answer is an effect whose caller does not learn of it', async () => {
  const send = recorder((_to: string) => 'sent', { key: (to) => to });
  send.loseNextAnswer();
  await expect(send('ada')).rejects.toBeInstanceOf(AnswerLost);
  expect(send.effects).toHaveLength(1);
  expect(await send('ada')).toBe('sent');
  expect([send.effects.length, send.calls.length]).toEqual([1, 2]);
});

test('a call that the service refuses has no effect, and its key is free', async () => {
  let isUp = false;
  const send = recorder(
    (_to: string) => {
      if (!isUp) throw new Error('down');
      return 'sent';
    },
    { key: (to) => to },
  );
  await expect(send('ada')).rejects.toThrow('down');
  expect(send.calls).toEqual([]);
  isUp = true;
  await send('ada');
  expect(send.effects).toHaveLength(1);
});

test('a receiver that passes its idempotency key on has one effect, though the answer to its first attempt was lost; one that does not has two', async () => {
  const happened = defineSignal('recorded.happened', z.object({}));
  const [keyed, keyless] = [recorder((key: string) => key, { key: (key) => key }), recorder((_key: string) => 'sent')];
  class Mail {
    @OnSignal(happened, { transactional: false, retry: { attempts: 3 } })
    static async keyed(_payload: object, { idempotencyKey }: DetachedDeliveryContext): Promise<void> {
      await keyed(idempotencyKey);
    }
    @OnSignal(happened, { transactional: false, retry: { attempts: 3 } })
    static async keyless(_payload: object, { idempotencyKey }: DetachedDeliveryContext): Promise<void> {
      await keyless(idempotencyKey);
    }
  }
  await using h = await harness({ services: [Mail], testing: 'manual' });
  await h.db.transaction(async (tx) => happened.emitReliable(tx, {}));
  keyed.loseNextAnswer();
  keyless.loseNextAnswer();
  expect(await h.box.drain({ ahead: '1d' })).toMatchObject({ completed: 2, retrying: 2 });
  expect([keyed.calls.length, keyed.effects.length, keyless.effects.length]).toEqual([2, 1, 2]);
});

test('an option that cannot be is refused', () => {
  expect(() => recorder(() => 1, { kye: () => 'a' } as never)).toThrow('Did you mean key?');
});
