// The harness of the crash tests: a database with a table of effects, and real processes that use it. Disposing of the harness
// kills every process and waits for the end of their sessions.
import type { WorkerOptions } from '../../src/index.ts';
import { inShort, readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Program, until } from '../processes/program.ts';
import { Effects, happened } from './programs/receivers.ts';
import type { Hold } from './programs/worker.ts';

/** For a worker that must be found dead soon. */
export const SHORT = { lease: '1s' } as const;

export interface StartOptions extends WorkerOptions {
  hold?: Hold;
  /** The timeout of the receiver. */
  timeout?: string;
}

export interface CrashHarness extends Harness {
  emit(...values: number[]): Promise<void>;
  /** Starts a worker process. Its default lease is longer than the pauses of a slow machine. */
  worker(options?: StartOptions): Program;
  sender(): Program;
  /** Starts any other program of the crash tests. */
  program(name: string, environment: Record<string, string>): Program;
  /** Takes the lock that the hold 'query' and a delayed COMMIT wait for. */
  gate(): Promise<Gate>;
  /** Makes each COMMIT that has written to `table` wait for the gate. */
  delayCommits(table: 'effect' | 'signalbox.emission'): Promise<void>;
  /** Counts the sessions that wait for the gate in a query that begins with `query`. */
  waiting(query: string): Promise<number>;
  /** Reclaims the deliveries of dead workers, as every worker does now and then. */
  rescue(): Promise<void>;
  /** Each delivery, as `state epoch/attempt/crashes`. */
  deliveries(): Promise<string[]>;
  /** Counts the unfinished deliveries. */
  left(): Promise<number>;
  /** Each effect, as `value by epoch`, in the order of the values. The epoch is that of the run that wrote it. */
  effects(): Promise<string[]>;
  /** The processes that wrote the effects, in the same order. */
  writers(): Promise<number[]>;
  workersLost(): Promise<number>;
  /** Resolves when the lease of every worker that is not declared dead yet has expired. */
  leasesOver(): Promise<void>;
}

export interface Gate extends AsyncDisposable {
  open(): Promise<void>;
}

export async function openCrashHarness(): Promise<CrashHarness> {
  const h = await harness({ services: [Effects] });
  h.leaves('workers', 'the programs that still run are killed in the end');
  h.leaves('deliveries', 'killed programs leave what they ran');
  const { sql } = h;
  await sql`create table effect (delivery bigint not null, epoch int not null, value int not null, pid int not null)`;
  const programs: Program[] = [];
  const start = (name: string, environment: Record<string, string>): Program => {
    const program = new Program(`crash/programs/${name}`, { DATABASE_URL: h.url, ...environment });
    programs.push(program);
    return program;
  };
  const sessions = async (): Promise<number> =>
    (await sql`select from pg_stat_activity where datname = current_database() and application_name = 'crash'`).length;
  return {
    ...h,
    emit: async (...values) => {
      await h.db.transaction(async (tx) => {
        for (const value of values) await happened.emitReliable(tx, { value });
      });
    },
    worker: ({ hold, timeout = '30s', ...options } = {}) =>
      start('worker', { HOLD: hold ?? '', TIMEOUT: timeout, OPTIONS: JSON.stringify({ lease: '4s', pollInterval: 50, ...options }) }),
    sender: () => start('sender', {}),
    program: start,
    gate: async () => {
      const session = await sql.reserve();
      await session`select pg_advisory_lock(1)`;
      let shut = true;
      const open = async (): Promise<void> => {
        if (!shut) return;
        shut = false;
        await session`select pg_advisory_unlock(1)`;
        session.release();
      };
      return { open, [Symbol.asyncDispose]: open };
    },
    delayCommits: async (table) => {
      await sql.unsafe(`
        create function wait() returns trigger language plpgsql as $$
        begin
          -- Under another name a rescue does not find the session, so that it gets to its end.
          perform set_config('application_name', 'crash', true), pg_advisory_xact_lock_shared(1);
          return null;
        end $$;
        create constraint trigger wait after insert on ${table} deferrable initially deferred for each row execute function wait()`);
    },
    waiting: async (query) =>
      (
        await sql`select from pg_stat_activity where datname = current_database() and wait_event = 'advisory' and starts_with(query, ${query})`
      ).length,
    rescue: async () => void (await h.another({ services: [] }).worker().tick()),
    deliveries: async () => (await readDeliveries(sql)).map(inShort),
    left: async () => (await sql`select from signalbox.delivery`).length,
    effects: async () =>
      (await sql<{ text: string }[]>`select value || ' by ' || epoch as text from effect order by value`).map(({ text }) => text),
    writers: async () => (await sql<{ pid: number }[]>`select pid from effect order by value`).map(({ pid }) => pid),
    workersLost: async () => (await sql`select from signalbox.worker where lost_at is not null`).length,
    leasesOver: () =>
      until('the lease is over', async () => (await sql`select from signalbox.worker where lease_until >= now()`).length === 0),
    [Symbol.asyncDispose]: async () => {
      try {
        await Promise.all(programs.map((program) => program.kill('SIGKILL')));
        await until('no session of a killed process is left', async () => (await sessions()) === 0);
      } finally {
        await h[Symbol.asyncDispose]();
      }
    },
  };
}
