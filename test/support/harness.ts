// A database, a Drizzle handle on it and a box, for one test; `await using` disposes of all of them, and fails the test
// if it leaves a worker, a running delivery, a session, a lock or a timer behind: see leaks.ts.
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { createSignalbox, type Signalbox, type SignalboxOptions } from '../../src/index.ts';
import { createDatabase, type TestDatabase } from './database.ts';

export type Database = PostgresJsDatabase;

export interface Harness extends Pick<TestDatabase, 'url' | 'leaves'>, AsyncDisposable {
  readonly sql: postgres.Sql;
  readonly db: Database;
  readonly box: Signalbox<Database>;
  /** Another box on its own pool, like that of another process. */
  another(options?: Partial<SignalboxOptions<Database>>): Signalbox<Database>;
  /** Another connection pool, which no box uses. */
  connect(options?: postgres.Options<Record<string, postgres.PostgresType>>): postgres.Sql;
}

/** Boxes log nothing in tests, except with a given log. */
export async function harness(options: Partial<SignalboxOptions<Database>> = {}, pool: { max?: number } = {}): Promise<Harness> {
  const database = await createDatabase();
  const boxes: Signalbox<Database>[] = [];
  const open = (boxOptions: Partial<SignalboxOptions<Database>>): { db: Database; box: Signalbox<Database> } => {
    const db = drizzle({ client: database.connect({ max: pool.max ?? 12 }) }) as Database;
    const box = createSignalbox({ log: false, ...boxOptions, db });
    boxes.push(box);
    return { db, box };
  };
  const first = open(options);
  return {
    url: database.url,
    leaves: database.leaves,
    sql: database.connect({ max: 3 }),
    ...first,
    another: (more = options) => open(more).box,
    connect: (clientOptions) => database.connect(clientOptions),
    [Symbol.asyncDispose]: async () => {
      try {
        for (const box of boxes) await box.close();
      } finally {
        await database[Symbol.asyncDispose]();
      }
    },
  };
}
