// Applies a folder of Drizzle migrations by drizzle-orm's own migrator, which knows no lock: of two processes that start at
// once both would apply the first migration, and one of them would fail.
//
// The race it settles: lock and migrations are one transaction on one connection. So a pool of one is enough, a pooler that
// hands out a connection for each transaction does no harm, and whatever ends the process, its connection or a migration
// ends the lock too. The migrator's own transaction becomes a savepoint of it.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { OptionTable } from '../../core/options.ts';
import { callable, text } from '../../core/rules.ts';
import { errorReport } from '../../core/error-report.ts';
import type { Driver, Run } from '../../drivers/driver.ts';
import { isSignalboxError, SignalboxError } from '../../errors.ts';
import type { InTransaction } from '../own-run.ts';
import type { Store } from '../store.ts';
import { countRows, hasTable, hushNotices, migrationLock, tryMigrationLock } from './migrate.sql.ts';

/** Which migrations `box.migrate` applies, and where it notes them. */
export interface MigrateOptions {
  /** The folder that drizzle-kit writes: `out` of its configuration. */
  readonly folder: string;
  /** Where it notes what was applied: `migrations.table` of its configuration, if that has it. */
  readonly table?: string | undefined;
  /** `migrations.schema`, likewise. */
  readonly schema?: string | undefined;
  /** Called when another process is at it, for which this one then waits. */
  readonly onWait?: (() => void) | undefined;
}

export const MIGRATE_OPTIONS: OptionTable<MigrateOptions> = { folder: text, table: text, schema: text, onWait: callable };

/** As drizzle-orm and drizzle-kit have them. */
const TABLE = '__drizzle_migrations';
const SCHEMA = 'drizzle';

/** The part of a Drizzle database, and of its transactions, that this file uses. */
interface Handle {
  readonly session: object;
  transaction(callback: (tx: Handle) => unknown): Promise<unknown>;
}

type Migrate = (db: Handle, config: { migrationsFolder: string; migrationsTable: string; migrationsSchema: string }) => Promise<unknown>;

export interface Target {
  readonly driver: Driver;
  readonly store: Store;
  readonly inTransaction: InTransaction;
}

/**
 * Applies what is not applied yet, all or nothing, one process at a time. Returns how many migrations that were.
 * @throws SignalboxError `DatabaseUnreachable`, `MigrationFailed`
 */
export async function migrateFolder({ driver, store, inTransaction }: Target, options: MigrateOptions): Promise<number> {
  const { folder, table = TABLE, schema = SCHEMA, onWait } = options;
  const files = readFolder(folder);
  const migrate = await migratorOf(driver);
  await checkReachable(store);
  return inTransaction(async (run, tx) => {
    const count = async (): Promise<number> => countApplied(run, schema, table);
    if (!(await run(tryMigrationLock, []))[0]!.locked) {
      onWait?.();
      await run(migrationLock, []);
    }
    await run(hushNotices, []);
    const before = await count();
    try {
      await migrate(within(tx as Handle), { migrationsFolder: folder, migrationsTable: table, migrationsSchema: schema });
    } catch (error) {
      throw driver.isConnectionLoss(error) ? error : failed(error, files);
    }
    return (await count()) - before;
  });
}

/** How many migrations the folder has, and how many of them the database notes. @throws SignalboxError `MigrationFailed` */
export async function migrationsOf(driver: Driver, { folder, table = TABLE, schema = SCHEMA }: MigrateOptions): Promise<FolderState> {
  const inFolder = readFolder(folder).size;
  return { inFolder, applied: await countApplied(driver.run(), schema, table) };
}

export interface FolderState {
  readonly inFolder: number;
  readonly applied: number;
}

async function countApplied(run: Run, schema: string, table: string): Promise<number> {
  const [found] = await run(hasTable, [schema, table]);
  return found!.there ? (await run(countRows(schema, table), []))[0]!.count : 0;
}

/** Missing tables are no error here: migrations create them. */
async function checkReachable(store: Store): Promise<void> {
  try {
    await store.check();
  } catch (error) {
    if (!isSignalboxError(error, 'MigrationMissing')) throw error;
  }
}

/** The transaction as a database: what is opened on it or on its session is a savepoint. */
function within(tx: Handle): Handle {
  const transaction = (callback: (tx: Handle) => unknown): Promise<unknown> => tx.transaction(callback);
  const session = Object.create(tx.session, { transaction: { value: transaction } }) as object;
  return Object.create(tx, { session: { value: session } }) as Handle;
}

async function migratorOf({ name }: Driver): Promise<Migrate> {
  const load = {
    'postgres-js': () => import('drizzle-orm/postgres-js/migrator'),
    'node-postgres': () => import('drizzle-orm/node-postgres/migrator'),
    pglite: () => import('drizzle-orm/pglite/migrator'),
  }[name]!;
  return (await load()).migrate as unknown as Migrate;
}

/** The statements of each file, by its name. */
type Files = ReadonlyMap<string, readonly string[]>;

/** @throws SignalboxError `MigrationFailed` */
function readFolder(folder: string): Files {
  try {
    const journal = path.join(folder, 'meta/_journal.json');
    const tags = existsSync(journal) ? (JSON.parse(readFileSync(journal, 'utf8')) as { entries: { tag: string }[] }).entries : [];
    const migrations: readonly { sql: readonly string[]; name?: string }[] = readMigrationFiles({ migrationsFolder: folder });
    return new Map(migrations.map(({ sql, name }, index) => [name ?? `${tags[index]!.tag}.sql`, sql]));
  } catch (cause) {
    const reason = errorReport(cause).message;
    throw new SignalboxError(
      'MigrationFailed',
      `${folder} is no folder of migrations: ${reason}. Name the one that drizzle-kit generate writes, \`out\` of its configuration.`,
      { cause },
    );
  }
}

/** Drizzle says which statement failed; the same one may stand in several files. */
function failed(cause: unknown, files: Files): SignalboxError<'MigrationFailed'> {
  const { query } = cause as { query?: unknown };
  const names = [...files].filter(([, statements]) => statements.some((statement) => statement === query)).map(([name]) => name);
  const reason = errorReport((cause as { cause?: unknown }).cause ?? cause).message;
  return new SignalboxError(
    'MigrationFailed',
    `${names.length === 0 ? 'The migrations' : names.join(' or ')} failed: ${reason}. Nothing of this run was kept: mend it and run it again.`,
    { cause },
  );
}
