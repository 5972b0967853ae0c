// Workers behind PgBouncer in transaction mode, which gives each statement any backend: polling finds deliveries, the
// session lock is not trusted, and the lease alone decides which workers are dead.
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { createSignalbox, type Signalbox } from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Database, type Harness } from '../support/harness.ts';
import { launchPgBouncer, pgBouncerVersion, type RunningPgBouncer } from '../support/pgbouncer.ts';
import { Program, until } from '../processes/program.ts';
import { Effects, happened } from './programs/receivers.ts';

const timeout = 90_000;
const DRIVERS = ['postgres.js', 'node-postgres'] as const;
const LEASE = '1s';
/** More than two leases of each worker. */
const RENEWALS = 8;

const missing = pgBouncerVersion === undefined ? ' (skipped: PgBouncer is not installed)' : '';
// PgBouncer may be missing; `.ci/run` installs it, and reports if it cannot.
const pooled = pgBouncerVersion === undefined ? test.skip : test;

interface PooledHarness extends Harness {
  readonly bouncer: RunningPgBouncer;
  /** A box behind PgBouncer, or with a direct connection. */
  behind(driver: (typeof DRIVERS)[number]): Signalbox<Database>;
  past(driver: (typeof DRIVERS)[number]): Signalbox<Database>;
  emit(value: number): Promise<void>;
  /** The numbers of renewals of the live workers, the smallest first. */
  renewals(): Promise<number[]>;
  /** Each worker that others declared dead, and whether its lease had expired by then. */
  verdicts(): Promise<{ worker: number; over: boolean }[]>;
}

async function openPooledHarness(settings: Record<string, string> = {}): Promise<PooledHarness> {
  const h = await harness({ services: [Effects] });
  const bouncer = await launchPgBouncer(h.url, { settings });
  await h.sql.unsafe(`
    create table effect (delivery bigint not null, epoch int not null, value int not null, pid int not null);
    create table sign (worker int not null, backend int not null, locked boolean not null, lost boolean not null, over boolean not null);
    create function record() returns trigger language plpgsql as $$ begin
      insert into sign values (new.id, new.backend_pid, new.locked, new.lost_at is not null, old.lease_until < clock_timestamp());
      return null;
    end $$;
    create trigger record after update on signalbox.worker for each row execute function record()`);
  const ends: (() => Promise<void>)[] = [];
  const connect = (driver: (typeof DRIVERS)[number], url: string): Database => {
    if (driver === 'postgres.js') {
      const client = postgres(url, { max: 8, prepare: false, onnotice: () => {} });
      ends.push(() => client.end({ timeout: 1 }));
      return drizzlePostgresJs({ client }) as Database;
    }
    const client = new Pool({ connectionString: url, max: 8 });
    client.on('error', () => {});
    ends.push(() => client.end());
    return drizzleNodePostgres({ client }) as unknown as Database;
  };
  const open = (driver: (typeof DRIVERS)[number], url: string): Signalbox<Database> => {
    const box = createSignalbox({ db: connect(driver, url), services: [Effects], log: false, prepare: false });
    ends.unshift(() => box.close());
    return box;
  };
  return {
    ...h,
    bouncer,
    behind: (driver) => open(driver, bouncer.url),
    past: (driver) => open(driver, h.url),
    emit: (value) => h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value }))),
    renewals: async () => {
      const rows = await h.sql<{ count: number }[]>`
        select (select count(*)::int from sign s where s.worker = w.id) as count from signalbox.worker w order by 1`;
      return rows.map(({ count }) => count);
    },
    verdicts: async () => [...(await h.sql<{ worker: number; over: boolean }[]>`select worker, over from sign where lost order by worker`)],
    [Symbol.asyncDispose]: async () => {
      for (const end of ends) await end();
      await bouncer[Symbol.asyncDispose]();
      await h[Symbol.asyncDispose]();
    },
  };
}

pooled.for(DRIVERS)(
  `a worker on %s behind a pooler finds its deliveries by polling, without notifications${missing}`,
  { timeout },
  async (driver) => {
    await using h = await openPooledHarness();
    const box = h.behind(driver);
    const patient = box.worker({ lease: LEASE, pollInterval: '1h' });
    const idle = box.next('worker.idle');
    await patient.start();
    await idle;
    await h.emit(1);
    const seen = (await h.renewals())[0]!;
    await until('it has renewed twice since', async () => (await h.renewals())[0]! >= seen + 2);
    expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0 }]);
    await patient.stop();

    const polling = box.worker({ pollInterval: 50 });
    await polling.start();
    await h.emit(2);
    await until('both are done', async () => (await h.sql`select from effect`).length === 2);
    await polling.stop();
  },
);

// With one backend for all, each renewal comes from the session that took the lock, which is also that of the checking
// workers.
pooled(
  `workers behind a pooler with one backend leave each other alone: they know that the session is not theirs${missing}`,
  { timeout },
  async () => {
    await using h = await openPooledHarness({ default_pool_size: '1' });
    for (const driver of DRIVERS) await h.behind(driver).worker({ lease: LEASE, pollInterval: 50 }).start();
    await until('both have renewed for long', async () => (await h.renewals())[0]! >= RENEWALS);
    expect(await h.sql`select from sign where locked`).toHaveLength(0);
    expect(await h.verdicts()).toEqual([]);
    await h.emit(1);
    await until('it is done', async () => (await h.sql`select from effect`).length === 1);
  },
);

pooled(
  `no worker declares workers behind a pooler with changing backends dead, not even one with a direct connection${missing}`,
  { timeout },
  async () => {
    await using h = await openPooledHarness();
    for (const driver of DRIVERS) await h.past(driver).worker({ lease: LEASE }).start();
    for (const driver of DRIVERS) await h.behind(driver).worker({ lease: LEASE, pollInterval: 50 }).start();
    for (let value = 1; (await h.renewals())[0]! < RENEWALS; value++) await h.emit(value);
    const signs = await h.sql<{ backends: number; locked: boolean }[]>`
    select count(distinct backend)::int as backends, bool_or(locked) as locked from sign group by worker order by locked`;
    expect(signs.map(({ locked }) => locked)).toEqual([false, false, true, true]);
    expect(signs.filter(({ locked }) => !locked).some(({ backends }) => backends > 1)).toBe(true);
    expect(await h.verdicts()).toEqual([]);
  },
);

pooled(`a worker killed behind a pooler is replaced when its lease is over, and not before${missing}`, { timeout }, async () => {
  await using h = await openPooledHarness();
  const program = new Program('crash/programs/worker', {
    DATABASE_URL: `${h.bouncer.url}?prepare=false`,
    HOLD: 'written',
    OPTIONS: JSON.stringify({ lease: '3s', pollInterval: 50 }),
  });
  await program.says('worker.started');
  await h.emit(1);
  await program.says('written');
  const other = h.another().worker({ lease: LEASE });
  await other.start();
  await until('the lock of the other is trusted', async () => (await h.sql`select from sign where locked`).length > 0);
  await program.kill('SIGKILL');
  await until('the other completes it', async () => (await h.sql`select from effect`).length === 1);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', epoch: 3, attempt: 1, crashes: 1 }]);
  expect(await h.verdicts()).toMatchObject([{ over: true }]);
  expect(await h.sql`select pid from effect`).toEqual([{ pid: process.pid }]);
});
