// A drain with `ahead` ends, whatever delays its receivers ask for: the drain lets that time pass.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, RetryAfter, Unavailable } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { type Harness, harness } from '../support/harness.ts';

const happened = defineSignal('ahead.happened', z.object({ value: z.number() }));
const emit = (h: Harness, ...options: object[]): Promise<void> =>
  h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 }, ...(options as []))));

/** Stops an endless drain after this number of runs. */
const MOST = 100;

test.each([
  [{}, '1h', 61],
  [{ batch: 5 }, '1h', 61],
  [{ transactional: false }, '1h', 61],
  [{}, '59999ms', 1],
  [{}, 0, 1],
] as const)('with %j, RetryAfter of a minute within %s is thrown %i times', async (options, ahead, times) => {
  await using h = await harness({ services: [] });
  let runs = 0;
  const later = (): void => {
    if (++runs < MOST) throw new RetryAfter('1m');
  };
  h.box.receivers.connect(happened, later, { name: 'Patient', ...options } as never);
  await emit(h);
  expect(await h.box.drain({ ahead })).toEqual({ completed: 0, retrying: times, dead: 0, cancelled: 0, released: 0 });
  expect(runs).toBe(times);
  const [row] = await h.sql`select state, attempt, crashes, worker_id, run_at > now() as waits from signalbox.delivery`;
  expect(row).toEqual({ state: 'ready', attempt: 0, crashes: 0, worker_id: null, waits: true });
});

test('a receiver that emits its own signal with a delay is called as often as that fits, and the last delivery waits for its time', async () => {
  await using h = await harness({ services: [] });
  let runs = 0;
  const again = async (): Promise<void> => {
    if (++runs < MOST) await emit(h, { delay: '10m' });
  };
  h.box.receivers.connect(happened, again, { name: 'Polling' });
  await emit(h);
  expect(await h.box.drain({ ahead: '1h' })).toEqual({ completed: 7, retrying: 0, dead: 0, cancelled: 0, released: 0 });
  const rows = await h.sql`
    select d.attempt, d.worker_id, d.run_at = e.emitted_at + interval '10 minutes' as unchanged
    from signalbox.delivery d join signalbox.emission e on e.id = d.emission_id`;
  expect([...rows]).toEqual([{ attempt: 0, worker_id: null, unchanged: true }]);
});

test('deliveries that are set aside do not keep others from being run, however many they are', async () => {
  await using h = await harness({ services: [] });
  const runs: number[] = [];
  const emitMany = (values: readonly number[], delay: '5m' | '1h' | '62m'): Promise<void> =>
    h.db.transaction(
      async (tx) =>
        void (await happened.emitMany(
          tx,
          values.map((value) => ({ value })),
          { delay },
        )),
    );
  const receive = async ({ value }: { value: number }): Promise<void> => {
    runs.push(value);
    if (value === 1)
      await emitMany(
        Array.from({ length: 30 }, () => 4),
        '5m',
      );
  };
  h.box.receivers.connect(happened, receive, { name: 'Spreading' });
  // As many as one claim takes. Their time is 1h, so their emissions are due at 65m, and by their rows before those due
  // at 62m.
  await emitMany([1, 2, 2, 2, 2, 2, 2, 2, 2, 2], '1h');
  await emitMany([3], '62m');
  expect(await h.box.drain({ ahead: '63m' })).toMatchObject({ completed: 11 });
  expect([runs.at(-1), runs.includes(4)]).toEqual([3, false]);
  const left = (await readDeliveries(h.sql)).filter(({ state }) => state === 'ready');
  expect(left.map(({ attempt, crashes }) => [attempt, crashes])).toEqual(Array.from({ length: 30 }, () => [0, 0]));
});

test('retries run after one another, each after its backoff', async () => {
  await using h = await harness({ services: [] });
  const fail = (): never => {
    throw new Error('no');
  };
  h.box.receivers.connect(happened, fail, { name: 'Failing', retry: { attempts: 3, delay: '40m', factor: 1, jitter: 0 } });
  await emit(h);
  expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ retrying: 2, dead: 0 });
  expect(await h.box.drain({ ahead: '1d' })).toMatchObject({ retrying: 0, dead: 1 });
});

test('the deliveries of a receiver that throws Unavailable are left, and the drain ends', async () => {
  await using h = await harness({ services: [] });
  let runs = 0;
  const away = (): never => {
    runs++;
    throw new Unavailable('1m');
  };
  h.box.receivers.connect(happened, away, { name: 'Away' });
  await emit(h);
  await emit(h, { delay: '10m' });
  const drained = await h.box.drain({ ahead: '1h' });
  expect(drained).toEqual({ completed: 0, retrying: 0, dead: 0, cancelled: 0, released: runs });
  expect(runs).toBeGreaterThan(0);
  expect((await readDeliveries(h.sql)).map(({ state, attempt }) => [state, attempt])).toEqual([
    ['ready', 0],
    ['ready', 0],
  ]);
});

test('while the database refuses the first statement of a receiver, the drain ends as well', async () => {
  await using h = await harness({ services: [] });
  h.box.receivers.connect(happened, () => {}, { name: 'Refused' });
  await emit(h);
  await h.sql.unsafe(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
    create trigger refuse after insert on signalbox.settled for each row execute function refuse()`);
  let released = 0;
  h.box.on('delivery.released', () => released++);
  const drained = await h.box.drain({ ahead: '20s' });
  expect(drained).toEqual({ completed: 0, retrying: 0, dead: 0, cancelled: 0, released });
  // At least a second each time, less the jitter.
  expect([released > 1, released <= 26]).toEqual([true, true]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0 }]);
});
