// Connections are cut at moments at which no caller waits for the answer: while the worker begins to listen, and while
// it stops. An unhandled rejection then would end the process (processes/program.ts fails the test).
import { expect, test } from 'vitest';
import { type ConnectionLoss, openProxy } from '../processes/proxy.ts';
import { until } from '../processes/program.ts';
import { DRIVERS } from '../support/behind-proxy.ts';
import { openCrashHarness } from './crash-harness.ts';

const timeout = 120_000;
const LISTEN = /^listen /i;
const LISTENING = `from pg_stat_activity where datname = current_database() and query ilike 'listen %'`;

const losses: ConnectionLoss[] = ['never sent', 'its answer is lost'];
const cases = DRIVERS.flatMap((driver) => losses.map((loss) => [driver, loss] as const));

test.concurrent.each(cases)(
  '%s: a worker that loses its connection with LISTEN (%s) starts nevertheless, and listens again',
  { timeout },
  async (driver, loss) => {
    await using h = await openCrashHarness();
    await using proxy = await openProxy(h.url);
    const program = h.program('cut-off', { DRIVER: driver, DATABASE_URL: proxy.url });
    await program.says('ready');
    const first = proxy.next(LISTEN, loss);
    program.tell('go');
    await first;
    await program.says('worker.started');
    await until('it listens', async () => (await h.sql.unsafe(`select ${LISTENING}`)).length === 1);

    const again = proxy.next(LISTEN, loss);
    await h.sql.unsafe(`select pg_terminate_backend(pid) ${LISTENING}`);
    await again;
    await until('it listens again', async () => (await h.sql.unsafe(`select ${LISTENING}`)).length === 1);
    await h.emit(1);
    await until('it works', async () => (await h.left()) === 0);
    await program.kill('SIGTERM');
    expect(await program.ends()).toBe(0);
    expect(program.errors).toBe('');
    expect(await h.effects()).toEqual(['1 by 1']);
  },
);

test.concurrent.each(DRIVERS)(
  '%s: a worker that is stopped twice while its database is down ends, and another worker runs its delivery',
  { timeout },
  async (driver) => {
    await using h = await openCrashHarness();
    await using proxy = await openProxy(h.url);
    const program = h.program('cut-off', { DRIVER: driver, DATABASE_URL: proxy.url, HOLD: 'called' });
    await program.says('ready');
    program.tell('go');
    await program.says('worker.started');
    await h.emit(1);
    await program.says('called');
    proxy.close();
    proxy.endAll();
    await program.kill('SIGTERM');
    await program.says('worker.stopping');
    await program.kill('SIGTERM');
    expect(await program.ends()).toBe(0);
    expect(program.errors).toBe('');
    h.worker();
    await until('another completes it', async () => (await h.deliveries())[0]!.startsWith('completed'));
    expect(await h.effects()).toHaveLength(1);
  },
);
