// A worker is killed at each point of a run: another finishes the delivery, and its effect is there once, written by
// the very run that the delivery was completed by.
import { expect, test } from 'vitest';
import { readDeliveries } from '../support/effects.ts';
import { openStage, until } from './processes.ts';

test.each(['started', 'called', 'written'] as const)(
  'a worker killed with SIGKILL when its delivery was %s is replaced by another',
  async (hold) => {
    await using stage = await openStage();
    const victim = stage.worker({ hold });
    await victim.says('worker.started');
    await stage.emit(1);
    if (hold === 'started') await until(async () => (await readDeliveries(stage.sql))[0]!.state === 'running');
    else await victim.says(hold);
    await victim.kill('SIGKILL');
    expect(await stage.effects()).toEqual([]);
    expect(await readDeliveries(stage.sql)).toMatchObject([{ state: 'running', epoch: 1, attempt: 1, crashes: 0 }]);

    const other = stage.worker();
    await until(async () => (await readDeliveries(stage.sql))[0]!.state === 'completed');
    expect(await stage.effects()).toEqual(['1 by 3']);
    expect(await readDeliveries(stage.sql)).toMatchObject([{ state: 'completed', epoch: 3, attempt: 1, crashes: 1 }]);
    const [writer] = await stage.sql`select pid from effect`;
    expect(writer!['pid']).toBe(other.pid);
  },
);

test('a worker killed while its COMMIT is under way has completed the delivery, and nobody does it again', async () => {
  await using stage = await openStage();
  await stage.sql.unsafe(`
    create function wait() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$;
    create constraint trigger wait after insert on effect deferrable initially deferred for each row execute function wait()`);
  const gate = await stage.sql.reserve();
  await gate`select pg_advisory_lock(1)`;
  const victim = stage.worker();
  await victim.says('worker.started');
  await stage.emit(1);
  await until(async () => (await stage.sql`select from pg_stat_activity where query = 'commit' and wait_event = 'advisory'`).length === 1);
  await victim.kill('SIGKILL');
  const other = stage.worker();
  await other.says('worker.started');
  // Its lease is over and somebody has looked, but the delivery is in a transaction that lives.
  await until(async () => (await stage.sql`select from signalbox.worker where lost_at is not null`).length === 1);
  expect(await readDeliveries(stage.sql)).toMatchObject([{ state: 'running', epoch: 1 }]);
  await gate`select pg_advisory_unlock(1)`;
  gate.release();
  await until(async () => (await stage.sql`select from signalbox.worker where lost_at is not null`).length === 0);
  await other.says('worker.idle');
  expect(await readDeliveries(stage.sql)).toMatchObject([{ state: 'completed', epoch: 1, crashes: 0 }]);
  expect(await stage.effects()).toEqual(['1 by 1']);
});

test('a frozen worker whose delivery another has claimed is refused by the epoch alone, before its receiver is called', async () => {
  await using stage = await openStage();
  const zombie = stage.worker({ hold: 'stop' });
  await zombie.says('worker.started');
  await stage.emit(1);
  await zombie.frozen();
  expect(await readDeliveries(stage.sql)).toMatchObject([{ state: 'running', epoch: 1 }]);

  // The other claims it and freezes at the same point: the row is `running` again, and nobody has locked it.
  const other = stage.worker({ hold: 'stop', lease: '1h' });
  await other.frozen();
  expect(await readDeliveries(stage.sql)).toMatchObject([{ state: 'running', epoch: 3, crashes: 1 }]);

  await zombie.kill('SIGCONT');
  await zombie.says('delivery.stale');
  await zombie.says('worker.lost');
  expect(await stage.effects()).toEqual([]);
  expect(await readDeliveries(stage.sql)).toMatchObject([{ state: 'running', epoch: 3 }]);

  await other.kill('SIGCONT');
  await until(async () => (await readDeliveries(stage.sql))[0]!.state === 'completed');
  expect(await stage.effects()).toEqual(['1 by 3']);
  const [writer] = await stage.sql`select pid from effect`;
  expect(writer!['pid']).toBe(other.pid);

  // The zombie is a worker like any other again.
  await other.kill('SIGKILL');
  await stage.emit(2);
  await until(async () => (await stage.effects()).length === 2);
});

test('SIGTERM: what runs is finished, what was not begun keeps its attempts, and the process ends well', async () => {
  await using stage = await openStage();
  const worker = stage.worker({ hold: 'called', concurrency: 1 });
  await worker.says('worker.started');
  await stage.emit(1, 2);
  await worker.says('called');
  await worker.kill('SIGTERM');
  await worker.says('worker.stopping');
  worker.tell('go');
  expect(await worker.exit).toBe(0);
  expect(await stage.effects()).toEqual(['1 by 1']);
  expect((await readDeliveries(stage.sql)).map(({ state, epoch, attempt }) => `${state} ${epoch}/${attempt}`)).toEqual([
    'completed 1/1',
    'ready 0/0',
  ]);
  expect(await stage.sql`select from signalbox.worker`).toHaveLength(0);
});

test('a second SIGTERM interrupts what runs: its delivery is given back, and costs no attempt', async () => {
  await using stage = await openStage();
  const worker = stage.worker({ hold: 'written' });
  await worker.says('worker.started');
  await stage.emit(1);
  await worker.says('written');
  await worker.kill('SIGTERM');
  await worker.says('worker.stopping');
  await worker.kill('SIGTERM');
  await worker.says('delivery.released');
  expect(await worker.exit).toBe(0);
  expect(await stage.effects()).toEqual([]);
  expect(await readDeliveries(stage.sql)).toMatchObject([{ state: 'ready', epoch: 2, attempt: 0, crashes: 0 }]);
});

test('two workers race over 2,000 deliveries, each is done exactly once', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const values = Array.from({ length: 2_000 }, (_, index) => index);
  const workers = [stage.worker({ lease: '10s' }), stage.worker({ lease: '10s' })];
  for (const worker of workers) await worker.says('worker.started');
  await stage.emit(...values);
  await until(async () => (await stage.sql`select from signalbox.settled`).length === 2_000);
  const effects = await stage.sql<{ value: number; pid: number; matches: boolean }[]>`
    select e.value, e.pid, e.epoch = s.epoch and s.state = 'completed' as matches
    from effect e join signalbox.settled s on s.id = e.delivery order by e.value`;
  expect(effects.map(({ value }) => value)).toEqual(values);
  expect(effects.every(({ matches }) => matches)).toBe(true);
  expect(new Set(effects.map(({ pid }) => pid))).toEqual(new Set(workers.map(({ pid }) => pid)));
  expect(await stage.sql`select from signalbox.delivery`).toHaveLength(0);
});
