// A worker is frozen (SIGSTOP) beyond its lease, at three points of a run, and continues: it does nothing twice.
import { expect, test } from 'vitest';
import { until } from '../processes/program.ts';
import { openCrashHarness, SHORT } from './crash-harness.ts';

const timeout = 90_000;

test.concurrent(
  'frozen before its receiver: another worker has the delivery by now, and only the epoch refuses the late start',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    const zombie = h.worker({ ...SHORT, hold: 'frozen' });
    await zombie.says('worker.started');
    await h.emit(1);
    await zombie.frozen();
    expect(await h.deliveries()).toEqual(['running 1/1/0']);

    // The other worker claims it and freezes at the same point: the row is `running` again, and no session has locked
    // it. The lease of that worker is long, so it checks for dead workers only once, at its start.
    await h.leasesOver();
    const other = h.worker({ hold: 'frozen', lease: '1h' });
    await other.frozen();
    expect(await h.deliveries()).toEqual(['running 3/1/1']);

    await zombie.kill('SIGCONT');
    await until('its late start is decided', () => zombie.hasSaid('delivery.stale') || zombie.hasSaid('called'));
    expect(zombie.hasSaid('called')).toBe(false);
    await zombie.says('worker.lost');
    expect(await h.effects()).toEqual([]);
    expect(await h.deliveries()).toEqual(['running 3/1/1']);

    await other.kill('SIGCONT');
    await until('the other completes it', async () => (await h.deliveries())[0] === 'completed 3/1/1');
    expect(await h.effects()).toEqual(['1 by 3']);
    expect(await h.writers()).toEqual([other.pid]);
    expect(zombie.hasSaid('called')).toBe(false);

    // The thawed worker is a worker like any other again.
    await other.kill('SIGKILL');
    await h.emit(2);
    await until('it works', async () => (await h.effects()).length === 2);
    expect(await h.writers()).toEqual([other.pid, zombie.pid]);
  },
);

test.concurrent(
  'frozen in its receiver: its transaction is ended, another worker takes over, and its late work is void',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    const zombie = h.worker({ ...SHORT, hold: 'written' });
    await zombie.says('worker.started');
    await h.emit(1);
    await zombie.says('written');
    await zombie.kill('SIGSTOP');
    const other = h.worker();
    await until('another completes it', async () => (await h.deliveries())[0] === 'completed 3/1/1');

    zombie.tell('go');
    await zombie.kill('SIGCONT');
    await zombie.says('delivery.stale');
    await zombie.says('worker.lost');
    await until('the dead worker is forgotten', async () => (await h.workersLost()) === 0);
    expect(await h.deliveries()).toEqual(['completed 3/1/1']);
    expect(await h.effects()).toEqual(['1 by 3']);
    expect(await h.writers()).toEqual([other.pid]);
  },
);

test.concurrent(
  'frozen beyond the timeout of its receiver, with no other worker: the server ends its transaction',
  { timeout },
  async () => {
    await using h = await openCrashHarness();
    const zombie = h.worker({ ...SHORT, hold: 'written', timeout: '1s' });
    await zombie.says('worker.started');
    await h.emit(1);
    await zombie.says('written');
    const sessions = async (): Promise<number> =>
      (await h.sql`select from pg_stat_activity where application_name like 'signalbox worker %'`).length;
    expect(await sessions()).toBeGreaterThan(0);
    await zombie.kill('SIGSTOP');
    await until('its transaction is ended', async () => (await sessions()) === 0);
    expect(await h.deliveries()).toEqual(['running 1/1/0']);

    zombie.tell('go');
    await zombie.kill('SIGCONT');
    await until('it does it again', async () => (await h.deliveries())[0]!.startsWith('completed'));
    expect(await h.effects()).toHaveLength(1);
  },
);
