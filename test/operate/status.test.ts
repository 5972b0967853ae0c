// How a database stands: every number as a full count has it, while there are few; and that it is cut where there are many.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { StatusStore } from '../../src/store/operations/status.ts';
import { Status } from '../../src/operate/status.ts';
import { addReceiver, addWorker, openStore, runOn, type AnySql } from '../store/rows.ts';
import { harness } from '../support/harness.ts';

const statusOn = (sql: AnySql): Status => new Status(new StatusStore(runOn(sql)), { assertOpen: () => {} });
const exactly = (count: number): { count: number; more: boolean } => ({ count, more: false });

interface Row {
  readonly receiver: number;
  readonly state: 'ready' | 'running' | 'completed' | 'dead' | 'cancelled';
  /** Minutes from now. */
  readonly at: number;
  readonly attempt: number;
  readonly worker: number;
}

const rowArbitrary = (receivers: readonly number[], workers: readonly number[]): fc.Arbitrary<Row> =>
  fc.record({
    receiver: fc.constantFrom(...receivers),
    state: fc.constantFrom('ready', 'running', 'completed', 'dead', 'cancelled'),
    at: fc.integer({ min: -100, max: 100 }).filter((at) => at !== 0),
    attempt: fc.nat(2),
    worker: fc.constantFrom(...workers),
  });

async function fill(sql: AnySql, rows: readonly Row[]): Promise<void> {
  await sql`truncate signalbox.delivery, signalbox.settled`;
  const json = JSON.stringify(rows);
  await sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, state, run_at, attempt, worker_id)
    select gen_random_uuid(), receiver, 1, state, now() + at * interval '1 minute', attempt, case state when 'running' then worker end
    from jsonb_to_recordset(${json}::text::jsonb) as r(receiver int, state text, at int, attempt int, worker int) where state in ('ready', 'running')`;
  await sql`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select row_number() over (), gen_random_uuid(), receiver, 1, 0, state, 0, attempt, 0, now() + at * interval '1 minute'
    from jsonb_to_recordset(${json}::text::jsonb) as r(receiver int, state text, at int, attempt int) where state not in ('ready', 'running')`;
}

test('whatever is stored, the numbers are those of a full count', { timeout: 120_000 }, async () => {
  await using h = await openStore();
  const { sql } = h;
  const [a, b, c, d] = [
    await addReceiver(sql, 'A.receive'),
    await addReceiver(sql, 'B.receive'),
    await addReceiver(sql, 'B.formerly'),
    await addReceiver(sql, 'D.receive', 'store.otherwise'),
  ];
  // Two that were joined: deliveries carry the id of either row.
  await sql`update signalbox.receiver set root_id = ${b} where id = ${c}`;
  await sql`update signalbox.receiver set last_seen_at = now() - interval '1 minute' where id = ${c}`;
  await sql`update signalbox.receiver set last_seen_at = now() - interval '2 days' where id = ${d}`;
  const workers = [await addWorker(sql), await addWorker(sql)];
  const names: [name: string, ids: readonly number[]][] = [
    ['A.receive', [a]],
    ['B.receive', [b, c]],
    ['D.receive', [d]],
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(rowArbitrary([a, b, c, d], workers), { maxLength: 60 }), async (rows) => {
      await fill(sql, rows);
      const { receivers, workers: read } = await statusOn(sql).read();
      const expected = names.map(([receiver, ids]) => {
        const own = rows.filter((row) => ids.includes(row.receiver));
        const ready = own.filter(({ state }) => state === 'ready');
        const due = ready.filter(({ at }) => at < 0);
        const running = own.filter(({ state }) => state === 'running').length;
        return {
          receiver,
          due: exactly(due.length),
          later: exactly(ready.length - due.length),
          retrying: exactly(ready.filter(({ attempt }) => attempt > 0).length),
          running: exactly(running),
          dead: exactly(own.filter(({ state }) => state === 'dead').length),
          orphaned: receiver === 'D.receive' && ready.length + running > 0,
        };
      });
      expect(receivers).toMatchObject(expected);
      for (const [index, [, ids]] of names.entries()) {
        const oldest = Math.min(
          ...rows.filter(({ receiver, state, at }) => ids.includes(receiver) && state === 'ready' && at < 0).map(({ at }) => at),
        );
        const shown = receivers[index]!.oldestDue;
        if (oldest === Infinity) expect(shown).toBe(undefined);
        else expect(Math.round((shown!.getTime() - Date.now()) / 60_000)).toBe(oldest);
      }
      expect(read.map(({ id, running }) => [id, running])).toEqual(
        workers.map((id) => [id, exactly(rows.filter(({ state, worker }) => state === 'running' && worker === id).length)]),
      );
    }),
    { numRuns: 25 },
  );
});

test('numbers end at 1,000, and say that there are more', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const add = async (count: number, minutes: number, attempt: number): Promise<unknown> => h.sql`
    insert into signalbox.delivery (emission_id, receiver_id, version, run_at, attempt)
    select gen_random_uuid(), ${receiver}, 1, now() + ${minutes} * interval '1 minute', ${attempt} from generate_series(1, ${count}::int)`;
  const read = async (): Promise<unknown> => (await statusOn(h.sql).read()).receivers[0];
  await add(1_000, -1, 0);
  await add(1_000, 1, 0);
  expect(await read()).toMatchObject({ due: exactly(1_000), later: exactly(1_000), running: exactly(0), retrying: exactly(0) });
  await add(1, -1, 1);
  expect(await read()).toMatchObject({
    due: { count: 1_000, more: true },
    later: exactly(1_000),
    running: { count: 0, more: true },
    retrying: { more: true },
  });
  await add(1, 1, 0);
  expect(await read()).toMatchObject({ due: { count: 1_000, more: true }, later: { count: 1_000, more: true } });
});

test('a receiver is shown with its names, its queue and since when it has been paused, also where nothing waits', async () => {
  await using h = await harness();
  const id = await addReceiver(h.sql, 'Mail.onPaid', 'payment.completed');
  const other = await addReceiver(h.sql, 'Mail.send', 'payment.completed');
  await h.sql`update signalbox.receiver set root_id = ${id}, last_seen_at = now() - interval '1 hour' where id = ${other}`;
  await h.sql`update signalbox.receiver set queue = 'slow', priority = 7 where id = ${id}`;
  const gone = await addReceiver(h.sql, 'Gone.onPaid', 'payment.completed');
  await h.sql`update signalbox.receiver set retired_at = now() where id = ${gone}`;
  await h.box.receivers.pause('Mail.send', { by: 'ada' });
  await h.box.queues.pause('slow', { by: 'ada' });
  const [retired, mail] = await h.box.receivers.list();
  expect(mail).toMatchObject({
    receiver: 'Mail.onPaid',
    formerly: ['Mail.send'],
    signal: 'payment.completed',
    queue: 'slow',
    priority: 7,
    live: true,
    retiredAt: undefined,
    pausedAt: expect.any(Date) as Date,
    queuePausedAt: expect.any(Date) as Date,
  });
  expect(retired).toMatchObject({
    receiver: 'Gone.onPaid',
    formerly: [],
    live: false,
    retiredAt: expect.any(Date) as Date,
    pausedAt: undefined,
    queuePausedAt: undefined,
  });
  expect((await h.box.status()).receivers).toMatchObject([retired, mail]);
  expect(await h.box.signals.list()).toEqual([{ signal: 'payment.completed', receivers: ['Mail.onPaid'], retired: ['Gone.onPaid'] }]);
});

test('a worker is shown as working, stopping or lost', async () => {
  await using h = await harness();
  h.leaves('workers', 'rows of workers are made by plain SQL');
  const ids = [
    await addWorker(h.sql),
    await addWorker(h.sql, { stopping: true }),
    await addWorker(h.sql, { lost: true }),
    await addWorker(h.sql, { leaseSeconds: -1, stopping: true }),
  ];
  await h.sql`update signalbox.worker set version = '1.2.3' where id = ${ids[1]!}`;
  const workers = await h.box.workers.list();
  expect(workers.map(({ version }) => version)).toEqual([undefined, '1.2.3', undefined, undefined]);
  expect(workers.map(({ id, state }) => [id, state])).toEqual(ids.map((id, index) => [id, ['working', 'stopping', 'lost', 'lost'][index]]));
  expect(workers[0]).toMatchObject({
    label: 'test',
    startedAt: expect.any(Date) as Date,
    leaseUntil: expect.any(Date) as Date,
    running: exactly(0),
  });
  expect((await h.box.status()).workers).toEqual(workers);
});
