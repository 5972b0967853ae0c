// The workers of a cluster take turns at pruning, each from where the last one came.
import { expect, test } from 'vitest';
import { Events } from '../../src/observe/events.ts';
import { silentLogger } from '../../src/observe/log.ts';
import { PRUNE, pruneTask, type PruneTaskParts } from '../../src/maintenance/tasks/prune.ts';
import { HOUR_MS } from '../../src/core/duration.ts';
import type { RetentionStore } from '../../src/store/retention/retention.ts';
import { addReceiver, addWorker, openStore, type StoreHarness } from '../store/rows.ts';
import { addSettled, ages, retentionOn, rowsLeft } from '../store/retention/support.ts';

const signal = new AbortController().signal;

interface Turns {
  readonly events: Events;
  run(more?: Partial<PruneTaskParts>, abortSignal?: AbortSignal): Promise<void>;
  /** Of each batch, the emissions that went. */
  readonly batches: number[];
}

/** Turns of batches of two emissions. */
function turnsOf(h: StoreHarness): Turns {
  const batches: number[] = [];
  const events = new Events(silentLogger);
  const retention = retentionOn(h);
  const store: Pick<RetentionStore, 'prune' | 'takeTurn' | 'forgetLostWorkers'> = {
    prune: async (about, after, options) => {
      const batch = await retention.prune(about, after, { ...options, limit: 2 });
      batches.push(batch.emissions);
      return batch;
    },
    takeTurn: (...about) => retention.takeTurn(...about),
    forgetLostWorkers: () => retention.forgetLostWorkers(),
  };
  const parts = { store: store as RetentionStore, events, ages: ages({ completed: 24 * HOUR_MS }), rest: async () => {} };
  return { events, batches, run: async (more, abortSignal = signal) => void (await pruneTask({ ...parts, ...more }).run(abortSignal)) };
}

/** The last turn was long ago. */
const later = (h: StoreHarness, interval = '2 minutes') =>
  h.sql`update signalbox.maintenance_task set ran_at = now() - ${interval}::text::interval where name = ${PRUNE}`;

test('a turn prunes all that is old, batch by batch, forgets lost workers, and tells once', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  for (let count = 1; count <= 5; count++) await addSettled(h.sql, 30, [[receiver, 'completed', 30]]);
  await addWorker(h.sql, { lost: true });
  await h.sql`update signalbox.worker set lost_at = now() - interval '2 days'`;
  const turns = turnsOf(h);
  const told = turns.events.next('maintenance.pruned');
  await turns.run();
  expect(turns.batches).toEqual([2, 2, 1]);
  expect(await told).toMatchObject({ emissions: 5, deliveries: 5, errors: 0 });
  expect(await rowsLeft(h.sql)).toMatchObject({ emissions: [], settled: 0 });
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
});

test('of the workers of a cluster one takes its turn, within a period', async () => {
  await using h = await openStore();
  const turns = turnsOf(h);
  const told: unknown[] = [];
  turns.events.on('maintenance.pruned', (event) => told.push(event));
  await Promise.all([turns.run(), turns.run(), turns.run()]);
  expect(turns.batches).toEqual([0]);
  await turns.run();
  expect(turns.batches).toEqual([0]);
  await later(h);
  await turns.run();
  expect(turns.batches).toEqual([0, 0]);
  await turns.run();
  expect(turns.batches).toEqual([0, 0]);
  // Nothing went.
  expect(told).toEqual([]);
});

test('a turn goes on behind what had to stay, and a pass a day later begins at the first emission again', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const kept: string[] = [];
  for (let count = 1; count <= 3; count++) kept.push(await addSettled(h.sql, 40, [[receiver, 'dead', 40]]));
  const turns = turnsOf(h);
  await turns.run();
  expect(turns.batches).toEqual([0, 0]);
  await addSettled(h.sql, 30, [[receiver, 'completed', 30]]);
  await h.sql`update signalbox.settled set state = 'completed' where emission_id = ${kept[0]!}`;
  await later(h);
  await turns.run();
  expect(turns.batches.slice(2)).toEqual([1]);
  expect((await rowsLeft(h.sql)).emissions).toEqual(kept);
  await h.sql`update signalbox.maintenance_task set cursor = jsonb_set(cursor, '{began}', to_jsonb((cursor ->> 'began')::int8 - 86400000000))`;
  await later(h);
  await turns.run();
  expect(turns.batches.slice(3)).toEqual([1, 0]);
  expect((await rowsLeft(h.sql)).emissions).toEqual(kept.slice(1));
});

test('it rests four times as long as it worked, and ends between two batches when its worker stops', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  for (let count = 1; count <= 5; count++) await addSettled(h.sql, 30, [[receiver, 'completed', 30]]);
  const turns = turnsOf(h);
  const stop = new AbortController();
  const rests: number[] = [];
  const told = turns.events.next('maintenance.pruned');
  await turns.run(
    {
      rest: async (ms) => {
        rests.push(ms);
        stop.abort();
      },
    },
    stop.signal,
  );
  expect(turns.batches).toEqual([2]);
  expect(rests).toEqual([4 * (await told).durationMs]);
  expect(rests[0]).toBeGreaterThan(0);
  // The place of the batch is that of its transaction.
  await later(h);
  await turns.run();
  expect(turns.batches).toEqual([2, 2, 1]);
});

test('a real rest ends with its worker', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  for (let count = 1; count <= 3; count++) await addSettled(h.sql, 30, [[receiver, 'completed', 30]]);
  const turns = turnsOf(h);
  const stop = new AbortController();
  const task = pruneTask({
    store: {
      takeTurn: async () => ({ after: undefined }),
      prune: async () => {
        stop.abort();
        return { emissions: 1, deliveries: 0, errors: 0, after: undefined, isLast: false };
      },
      forgetLostWorkers: async () => 0,
    } as Partial<RetentionStore> as RetentionStore,
    events: turns.events,
    ages: ages({ completed: HOUR_MS }),
  });
  const told = turns.events.next('maintenance.pruned');
  await task.run(stop.signal);
  expect(await told).toMatchObject({ emissions: 1 });
});
