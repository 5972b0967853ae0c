// Makes rows and stores for the tests of single statements by plain SQL, so that a test can have any state that it
// needs.
import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { CRASH_BUDGET } from '../../src/core/delivery.ts';
import { DEFAULT_SCHEMA } from '../../src/core/rules.ts';
import type { Driver, Run } from '../../src/drivers/driver.ts';
import { postgresJs } from '../../src/drivers/postgres-js.ts';
import { type Cell, rowsOf } from '../../src/drivers/statement.ts';
import type { AppendOptions } from '../../src/store/emissions/emissions.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { Store } from '../../src/store/store.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { inShort, readDeliveries } from '../support/deliveries.ts';

/** A statement that waits longer fails: a missing SKIP LOCKED shows as an error and not as a hanging test. */
const PATIENCE_MS = 5_000;
const DEADLOCK = '40P01';

/** An emission that is due at once, of the first version, without any option. */
export const PLAIN: AppendOptions = {
  signal: 'store.happened',
  version: 1,
  headers: null,
  runAt: undefined,
  delayMs: 0,
  headStartHours: 0,
  ownReceivers: [],
};

/** A pool or a transaction. */
export type AnySql = postgres.ISql<Record<never, never>>;

export interface StoreHarness extends AsyncDisposable {
  readonly sql: postgres.Sql;
  readonly store: Store;
  /** A further pool. */
  connect(): postgres.Sql;
  /** Runs statements in an open transaction, until `end`. */
  hold(work: (transaction: postgres.TransactionSql, store: Store) => Promise<unknown>): Promise<Held>;
}

/** An open transaction. */
export interface Held {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export async function openStore({ crashBudget = CRASH_BUDGET } = {}): Promise<StoreHarness> {
  const database: TestDatabase = await createDatabase();
  database.leaves('workers', 'rows of workers are made by plain SQL');
  database.leaves('deliveries', 'so are those of running deliveries');
  database.leaves('listeners', 'the only one to listen here is the test itself');
  const client = (): postgres.Sql => database.connect({ max: 4, connection: { statement_timeout: PATIENCE_MS } });
  const sql = client();
  const deadlocks: string[] = [];
  const store = new Store(notingDeadlocks(postgresJs(sql as never), deadlocks), crashBudget, new Namespace(DEFAULT_SCHEMA));
  return {
    sql,
    store,
    connect: client,
    hold: (work) => holdOpen(client(), crashBudget, work),
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]();
      if (deadlocks.length > 0) throw new Error(`Statements that lock in different orders met in a deadlock: ${deadlocks.join('; ')}`);
    },
  };
}

/**
 * Records each statement that was the victim of a deadlock. The store repeats it, which would hide the deadlock from a
 * test.
 */
function notingDeadlocks(driver: Driver, deadlocks: string[]): Driver {
  return {
    ...driver,
    run: (client) => {
      const run = driver.run(client);
      return async (statement, params) => {
        try {
          return await run(statement, params);
        } catch (error) {
          if ((error as { code?: string }).code === DEADLOCK) deadlocks.push(statement.text);
          throw error;
        }
      };
    },
  };
}

async function holdOpen(
  sql: postgres.Sql,
  crashBudget: number,
  work: (transaction: postgres.TransactionSql, store: Store) => Promise<unknown>,
): Promise<Held> {
  const driver = postgresJs(sql as never);
  const rollback = new Error('rolled back');
  let end: ((error?: Error) => void) | undefined;
  let ended: Promise<unknown> | undefined;
  await new Promise<void>((resolve, reject) => {
    ended = sql
      .begin(async (transaction) => {
        await work(transaction, new Store({ ...driver, run: () => driver.run(transaction) }, crashBudget, new Namespace(DEFAULT_SCHEMA)));
        await new Promise<void>((commit, fail) => {
          end = (error) => (error ? fail(error) : commit());
          resolve();
        });
      })
      .catch((error: unknown) => {
        if (error !== rollback) reject(error);
      });
  });
  return {
    commit: async () => {
      end!();
      await ended;
    },
    rollback: async () => {
      end!(rollback);
      await ended;
    },
  };
}

/** Runs statements of the store on that connection. */
export const runOn =
  (sql: AnySql): Run =>
  async (statement, params) =>
    rowsOf(statement, (await sql.unsafe(statement.text, [...params]).raw()) as readonly (readonly Cell[])[]);

/** Begins as a receiver's transaction does. */
export async function settleFirst(
  transaction: AnySql,
  store: Store,
  delivery: { id: string; epoch: number; workerId?: number },
  timeoutMs = 5_000,
): Promise<boolean> {
  return (await store.deliveries.settleFirst(runOn(transaction), { workerId: WORKER, ...delivery }, { timeoutMs })) === 'completed';
}

/** The worker that holds a running delivery, unless a test names another. */
export const WORKER = 5;

export interface DeliveryOptions {
  readonly state?: 'ready' | 'running';
  readonly epoch?: number;
  readonly attempt?: number;
  readonly worker?: number | null;
  readonly version?: number;
  /** When it is due, relative to now. */
  readonly dueInSeconds?: number;
  readonly receiver?: number;
}

export async function addReceiver(sql: AnySql, name = 'A.receive', signal = 'store.happened'): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into signalbox.receiver (name, signal, queue, priority, last_seen_at)
    values (${name}, ${signal}, 'default', 0, now()) returning id`;
  return row!.id;
}

/** Adds an emission with one delivery. Returns the delivery's id. */
export async function addDelivery(sql: AnySql, receiverId: number, options: DeliveryOptions = {}): Promise<string> {
  const { state = 'ready', epoch = 0, attempt = 0, worker = state === 'running' ? WORKER : null, version = 1, dueInSeconds = -1 } = options;
  const [row] = await sql<{ id: string }[]>`
    with e as (
      insert into signalbox.emission (id, signal, version, payload) values (gen_random_uuid(), 'store.happened', ${version}, '{"value": 1}')
      returning id
    )
    insert into signalbox.delivery (emission_id, receiver_id, version, state, run_at, epoch, attempt, worker_id)
    select id, ${receiverId}, ${version}, ${state}, now() + ${dueInSeconds} * interval '1 second', ${epoch}, ${attempt}, ${worker} from e
    returning id::text as id`;
  return row!.id;
}

/** @param leaseSeconds negative: its lease has expired @param process its own unless given */
export async function addWorker(
  sql: AnySql,
  { leaseSeconds = 60, lost = false, stopping = false, process = randomUUID() } = {},
): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into signalbox.worker (id, label, process_id, started_at, lease_until, backend_pid, lost_at, stopping_at)
    values ((select coalesce(max(id), 0) + 1 from signalbox.worker), 'test', ${process}, now(), now() + ${leaseSeconds} * interval '1 second', 0, ${lost ? sql`now()` : null}, ${stopping ? sql`now()` : null}) returning id`;
  return row!.id;
}

/** A live delivery as `state epoch/attempt/crashes`, or a settled one. */
export async function stateOf(sql: AnySql, id: string): Promise<string | undefined> {
  const found = (await readDeliveries(sql)).find((delivery) => delivery.id === id);
  return found && inShort(found);
}
