// A worker is killed at each point of a run: another worker finishes the delivery, and its effect is there once,
// written by the run that completed the delivery.
import { expect, test } from 'vitest';
import { until } from '../processes/program.ts';
import { openCrashHarness, SHORT } from './crash-harness.ts';

const timeout = 90_000;

test.concurrent.each([
  ['between its claim and the call of its receiver', 'claimed'],
  ['in its receiver', 'called'],
  ['after the writes of its receiver', 'written'],
] as const)('a worker killed %s is replaced by another', { timeout }, async (_when, hold) => {
  await using h = await openCrashHarness();
  const victim = h.worker({ ...SHORT, hold });
  await victim.says('worker.started');
  await h.emit(1);
  if (hold === 'claimed') await until('it is claimed', async () => (await h.deliveries())[0] === 'running 1/1/0');
  else await victim.says(hold);
  expect(victim.hasSaid('called')).toBe(hold !== 'claimed');
  await victim.kill('SIGKILL');
  expect(await h.effects()).toEqual([]);
  expect(await h.deliveries()).toEqual(['running 1/1/0']);

  const other = h.worker();
  await until('another completes it', async () => (await h.deliveries())[0] === 'completed 3/1/1');
  expect(await h.effects()).toEqual(['1 by 3']);
  expect(await h.writers()).toEqual([other.pid]);
  await until('the dead worker is forgotten', async () => (await h.workersLost()) === 0);
});

test.concurrent(
  'a worker killed in a query of its receiver is replaced although the query goes on: its session is ended',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    await using _gate = await h.gate();
    const victim = h.worker({ ...SHORT, hold: 'query' });
    await victim.says('worker.started');
    await h.emit(1);
    await until('its query waits', async () => (await h.waiting('select')) === 1);
    await victim.kill('SIGKILL');
    expect(await h.deliveries()).toEqual(['running 1/1/0']);
    const other = h.worker();
    await until('another completes it', async () => (await h.deliveries())[0] === 'completed 3/1/1');
    expect(await h.waiting('select')).toBe(0);
    expect(await h.effects()).toEqual(['1 by 3']);
    expect(await h.writers()).toEqual([other.pid]);
  },
);

test.concurrent(
  'a worker killed long before its lease expires is replaced within seconds, because its lock is free',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    const LONG = { lease: '1h', concurrency: 1 } as const;
    const other = h.worker({ ...LONG, hold: 'called' });
    await other.says('worker.started');
    const victim = h.worker({ ...LONG, hold: 'called' });
    await victim.says('worker.started');
    // Each worker holds one delivery.
    await h.emit(1, 2);
    await other.says('called');
    await victim.says('called');
    await until('the lock of both is trusted', async () => (await h.sql`select from signalbox.worker where locked`).length === 2);
    await victim.kill('SIGKILL');
    other.tell('go');
    await until('the other completes both', async () => (await h.effects()).length === 2);
    expect(await h.writers()).toEqual([other.pid, other.pid]);
    // Each claim raises the epoch, and so does its end: a rescue, or a release, which counts as no attempt.
    const ends = (await h.deliveries()).map((told) => /^completed (\d+)\/(.*)$/.exec(told)!.slice(1) as [string, string]);
    const epochs = new Map(ends.map(([epoch, counts]) => [counts, Number(epoch)]));
    expect([...epochs.keys()].toSorted()).toEqual(['1/0', '1/1']);
    expect([...epochs.values()].every((epoch) => epoch % 2 === 1)).toBe(true);
    expect(epochs.get('1/1')).toBeGreaterThanOrEqual(3);
  },
);

test.concurrent('a worker killed during its COMMIT, whose session ends with it, is replaced by another', { timeout }, async () => {
  await using h = await openCrashHarness();
  await h.sql.unsafe(`
    do $$ begin execute format('alter database %I set client_connection_check_interval = %L', current_database(), '20ms'); end $$`);
  await h.delayCommits('effect');
  await using gate = await h.gate();
  const victim = h.worker(SHORT);
  await victim.says('worker.started');
  await h.emit(1);
  await until('its COMMIT waits', async () => (await h.waiting('commit')) === 1);
  await victim.kill('SIGKILL');
  await until('its session ends', async () => (await h.waiting('commit')) === 0);
  expect(await h.deliveries()).toEqual(['running 1/1/0']);

  const other = h.worker();
  await until('the COMMIT of another waits', async () => (await h.waiting('commit')) === 1);
  await gate.open();
  await until('another completes it', async () => (await h.deliveries())[0] === 'completed 3/1/1');
  expect(await h.effects()).toEqual(['1 by 3']);
  expect(await h.writers()).toEqual([other.pid]);
});

test.concurrent(
  'a worker killed during its COMMIT, which takes effect, has completed the delivery, and no other worker runs it',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    await h.delayCommits('effect');
    await using gate = await h.gate();
    const victim = h.worker(SHORT);
    await victim.says('worker.started');
    await h.emit(1);
    await until('its COMMIT waits', async () => (await h.waiting('commit')) === 1);
    await victim.kill('SIGKILL');
    const other = h.worker();
    await until('it is found dead', async () => (await h.workersLost()) === 1);
    // The delivery is in an open transaction: no worker takes it.
    await h.rescue();
    expect(await h.deliveries()).toEqual(['running 1/1/0']);

    await gate.open();
    await until('the dead worker is forgotten', async () => (await h.workersLost()) === 0);
    // The other worker would have claimed the first delivery before any that it claims after this.
    await h.emit(2);
    await until('the other works', async () => (await h.effects()).length === 2);
    expect(await h.deliveries()).toEqual(['completed 1/1/0', 'completed 1/1/0']);
    expect(await h.effects()).toEqual(['1 by 1', '2 by 1']);
    expect(await h.writers()).toEqual([victim.pid, other.pid]);
  },
);
