// The outcomes of one run: completion, retry, discard, death; siblings do not affect each other.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  defineSignal,
  type DeliveryContext,
  type DetachedDeliveryContext,
  Discard,
  OnSignal,
  RetryAfter,
  type SignalboxEvents,
  Unrecoverable,
} from '../../../src/index.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, effects, readEffects, readErrors } from '../../support/effects.ts';
import { harness, type Harness } from '../../support/harness.ts';

const happened = defineSignal('outcome.happened', z.object({ value: z.number() }));

/** A receiver that writes an effect and then follows the script, run by run. */
function receiverThat(name: string, ...acts: ((context: DeliveryContext) => unknown)[]): new () => object {
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

const emit = async (h: Harness): Promise<void> => h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));

const fail = (message: string) => () => {
  throw new Error(message);
};

test('the writes of a receiver and the completion of its delivery commit together', async () => {
  const seen: unknown[] = [];
  const observe = async ({ tx }: DeliveryContext): Promise<void> => {
    const [inside] = await tx.execute(sql`select (select count(*)::int from signalbox.settled) as settled`);
    const [outside] =
      await h.sql`select (select count(*)::int from signalbox.settled) as settled, (select count(*)::int from effect) as effects`;
    seen.push(inside, outside);
  };
  await using h = await harness({ services: [receiverThat('One', observe)] });
  await createEffects(h.sql);
  await emit(h);
  expect(await h.box.drain()).toEqual({ completed: 1, retrying: 0, dead: 0, cancelled: 0, released: 0 });
  expect(seen).toEqual([{ settled: 1 }, { settled: 0, effects: 0 }]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', epoch: 1, attempt: 1 }]);
  expect(await readEffects(h.sql)).toEqual(['One:1']);
});

test('a receiver that fails leaves no writes, keeps its error, and runs again', async () => {
  await using h = await harness({ services: [receiverThat('One', fail('first'), fail('second'))] });
  await createEffects(h.sql);
  await emit(h);
  const retrying: SignalboxEvents['delivery.retrying'][] = [];
  h.box.on('delivery.retrying', (event) => retrying.push(event));
  expect(await h.box.drain()).toMatchObject({ retrying: 1 });
  expect(await readEffects(h.sql)).toEqual([]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 1 }]);
  // The retry waits: nothing is due before its time.
  expect(await h.box.drain()).toMatchObject({ retrying: 0, completed: 0 });
  expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ retrying: 1, completed: 1 });
  expect(await readEffects(h.sql)).toEqual(['One:1']);
  expect(await readErrors(h.sql)).toMatchObject([
    { name: 'Error', message: 'first', attempt: 1 },
    { name: 'Error', message: 'second', attempt: 2 },
  ]);
  expect(
    retrying.map(({ attempt, delayMs }) => [attempt, delayMs >= 800 * 3 ** (attempt - 1) && delayMs <= 1_200 * 3 ** (attempt - 1)]),
  ).toEqual([
    [1, true],
    [2, true],
  ]);
});

test('a delivery whose retry budget is spent ends dead, with the history of its errors', async () => {
  await using h = await harness({ services: [receiverThat('One', fail('1st'), fail('2nd'), fail('3rd'))] });
  await createEffects(h.sql);
  await emit(h);
  const dead = h.box.next('delivery.dead');
  expect(await h.box.drain({ ahead: '1h' })).toEqual({ completed: 0, retrying: 2, dead: 1, cancelled: 0, released: 0 });
  expect(await dead).toMatchObject({ receiver: 'One.receive', attempt: 3, error: { message: '3rd' } });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'dead', attempt: 3 }]);
  expect((await readErrors(h.sql)).map(({ message }) => message)).toEqual(['1st', '2nd', '3rd']);
  expect(await readEffects(h.sql)).toEqual([]);
});

test('a failing receiver neither disturbs its sibling nor causes it to run again', async () => {
  await using h = await harness({ services: [receiverThat('Bad', fail('always'), fail('always'), fail('always')), receiverThat('Good')] });
  await createEffects(h.sql);
  await emit(h);
  await h.box.drain({ ahead: '1h' });
  expect(await readEffects(h.sql)).toEqual(['Good:1']);
  expect(await readDeliveries(h.sql)).toMatchObject([
    { receiver: 'Bad.receive', state: 'dead', attempt: 3 },
    { receiver: 'Good.receive', state: 'completed', attempt: 1 },
  ]);
});

test('Discard cancels with its reason, Unrecoverable is dead at once; neither leaves writes', async () => {
  const discard = (): never => {
    throw new Discard('not mine');
  };
  const giveUp = (): never => {
    throw new Unrecoverable('card is gone');
  };
  await using h = await harness({ services: [receiverThat('Discarding', discard), receiverThat('GivingUp', giveUp)] });
  await createEffects(h.sql);
  await emit(h);
  expect(await h.box.drain()).toEqual({ completed: 0, retrying: 0, dead: 1, cancelled: 1, released: 0 });
  expect(await readDeliveries(h.sql)).toMatchObject([
    { receiver: 'Discarding.receive', state: 'cancelled', attempt: 1 },
    { receiver: 'GivingUp.receive', state: 'dead', attempt: 1 },
  ]);
  expect((await readErrors(h.sql)).map(({ message }) => message).toSorted()).toEqual(['card is gone', 'not mine']);
  expect(await readEffects(h.sql)).toEqual([]);
});

test('RetryAfter runs again at its time, however often, and costs no attempt', async () => {
  const later = (): never => {
    throw new RetryAfter('10m');
  };
  await using h = await harness({ services: [receiverThat('Patient', later, later, later, later, later)] });
  await createEffects(h.sql);
  await emit(h);
  for (let times = 0; times < 5; times++) expect(await h.box.drain({ ahead: '11m' })).toBeDefined();
  expect(await h.box.drain({ ahead: '9m' })).toMatchObject({ completed: 0 });
  await h.box.drain({ ahead: '1d' });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 1 }]);
});

test('a swallowed query error is a failure of the receiver, not a completion', async () => {
  const swallow = async ({ tx }: DeliveryContext): Promise<void> => {
    await tx.execute(sql`select 1 / 0`).catch(() => {});
  };
  await using h = await harness({ services: [receiverThat('Swallowing', swallow)] });
  await createEffects(h.sql);
  await emit(h);
  expect(await h.box.drain()).toMatchObject({ completed: 0, retrying: 1 });
  expect(await readErrors(h.sql)).toMatchObject([{ message: expect.stringMatching(/query of this transaction failed/) as string }]);
});

test('a thrown value that is no error, is huge, or has text that jsonb refuses is still recorded', async () => {
  const odd: (() => never)[] = [
    () => {
      // oxlint-disable-next-line typescript/only-throw-error -- careless code does this
      throw { code: 7 };
    },
    () => {
      throw new Error('x'.repeat(1_000_000));
    },
    () => {
      throw new Error('NUL \u0000 and half a pair \ud800');
    },
  ];
  await using h = await harness({ services: [receiverThat('Odd', ...odd)] });
  await createEffects(h.sql);
  await emit(h);
  expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ retrying: 2, dead: 1 });
  const errors = await readErrors(h.sql);
  expect(errors).toHaveLength(3);
  expect(errors[1]!.message.length).toBeLessThan(20_000);
  expect(errors[2]!.message).toMatch(/NUL .* and half a pair/);
});

test('the idempotency key stays the same from run to run, and differs from receiver to receiver', async () => {
  const keys: Record<string, string[]> = { A: [], B: [] };
  const keep = (name: 'A' | 'B') => (context: DeliveryContext) => {
    keys[name]!.push(context.idempotencyKey);
    if (keys[name]!.length < 3) throw new Error('again');
  };
  await using h = await harness({
    services: [receiverThat('A', keep('A'), keep('A'), keep('A')), receiverThat('B', keep('B'), keep('B'), keep('B'))],
  });
  await createEffects(h.sql);
  await emit(h);
  await h.box.drain({ ahead: '1h' });
  expect([keys['A']!.length, new Set(keys['A']).size, new Set([...keys['A']!, ...keys['B']!]).size]).toEqual([3, 1, 2]);
});

test('a receiver that is not transactional has no tx, and completes after its call', async () => {
  const contexts: DetachedDeliveryContext[] = [];
  class Detached {
    @OnSignal(happened, { transactional: false, retry: { attempts: 2 } })
    static async receive(_payload: { value: number }, context: DetachedDeliveryContext): Promise<void> {
      contexts.push(context);
      expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'running' }]);
      if (context.attempt === 1) throw new Error('503');
    }
  }
  await using h = await harness({ services: [Detached] });
  await emit(h);
  expect(await h.box.drain({ ahead: '1h' })).toEqual({ completed: 1, retrying: 1, dead: 0, cancelled: 0, released: 0 });
  expect(contexts.map((context) => ['tx' in context, context.attempt])).toEqual([
    [false, 1],
    [false, 2],
  ]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 2, epoch: 2 }]);
});

test('a receiver that could not be called because its delivery was locked for too long loses no attempt', async () => {
  await using h = await harness({ services: [receiverThat('One')] });
  await createEffects(h.sql);
  await emit(h);
  await h.sql.unsafe(`
    create sequence tries;
    create function refuse() returns trigger language plpgsql as $$ begin
      if nextval('tries') = 1 then raise exception 'too late' using errcode = '55P03'; end if;
      return null;
    end $$;
    create trigger refuse after insert on signalbox.settled for each row execute function refuse()`);
  expect(await h.box.drain({ ahead: '1h' })).toEqual({ completed: 1, retrying: 0, dead: 0, cancelled: 0, released: 1 });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 1, epoch: 3 }]);
  expect(await readErrors(h.sql)).toEqual([]);
});

test('a delivery whose row makes its completion impossible ends dead', async () => {
  await using h = await harness({ services: [receiverThat('One')] });
  await createEffects(h.sql);
  await emit(h);
  await h.sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$ begin
      if new.state = 'completed' then raise exception 'never' using errcode = '23514'; end if;
      return null;
    end $$;
    create trigger refuse after insert on signalbox.settled for each row execute function refuse()`);
  expect(await h.box.drain({ ahead: '1h' })).toEqual({ completed: 0, retrying: 2, dead: 1, cancelled: 0, released: 0 });
  expect(await readErrors(h.sql)).toMatchObject([{ message: 'never' }, { message: 'never' }, { message: 'never' }]);
});

test("a serialization failure in the receiver is the receiver's fault", async () => {
  const raise = async ({ tx }: DeliveryContext): Promise<void> =>
    void (await tx.execute(sql`do $$ begin raise exception 'a conflict' using errcode = '40001'; end $$`));
  await using h = await harness({ services: [receiverThat('One', raise)] });
  await createEffects(h.sql);
  await emit(h);
  expect(await h.box.drain({ ahead: '1h' })).toEqual({ completed: 1, retrying: 1, dead: 0, cancelled: 0, released: 0 });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 2 }]);
});
