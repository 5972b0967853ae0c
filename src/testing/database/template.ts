// The template of a folder of migrations: a database that they were applied to, which tests clone. Its name has a hash of the folder, so it
// is made once for each content and server.
//
// The race: several processes find no template and make it at once, or one is killed while it makes it. So each makes a database of its
// own name, applies the migrations, seals it against connections, and renames it at last. One rename succeeds; a process whose rename
// finds the name taken drops its own. So whatever has the name of the template is complete, and never changes. What a killed process leaves has the name of a
// database of a test, and goes with these.
//
// The second race: a process drops a template that was not used for a week while another begins to use it. The use is written down, as its
// comment, before it is cloned. If the first process has read the old comment by then, its DROP waits for a clone that is under way, and a
// clone that comes after the DROP is refused with 3D000: create-test-database.ts makes the template again, and clones that. So it costs time, never a test.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type DatabaseHandle } from '../../core/handles.ts';
import { SignalboxError } from '../../errors.ts';
import { createSignalbox } from '../../signalbox.ts';
import { orUndefined } from './connection.ts';
import { createDatabaseOn, databaseUrlOn, dropDatabaseOn, renameDatabaseOn, sealDatabaseOn, useDatabaseOn } from './databases.ts';

/** Applies what the template is to have. */
export type Fill = (url: string) => Promise<void>;

/** A folder of migrations as a template: its name, and how it is made. @throws SignalboxError `InvalidOption` */
export async function templateOf(folder: string): Promise<{ name: string; fill: Fill }> {
  const hash = createHash('sha256');
  for (const file of await filesOf(folder))
    hash
      .update(`${file}\0`)
      .update(await readFile(path.join(folder, file)))
      .update('\0');
  return { name: `signalbox_template_${hash.digest('hex').slice(0, 24)}`, fill: (url) => migrate(url, folder) };
}

/** Makes the template unless it is there. @param own a name that nothing else has, for the database that becomes it */
export async function ensureTemplate(serverUrl: string, { name, fill, own }: { name: string; fill: Fill; own: string }): Promise<void> {
  if (await useDatabaseOn(serverUrl, name)) return;
  await createDatabaseOn(serverUrl, { name: own, template: 'template0' });
  try {
    await fill(databaseUrlOn(serverUrl, own));
    await useDatabaseOn(serverUrl, own);
    await sealDatabaseOn(serverUrl, own);
    if (await renameDatabaseOn(serverUrl, own, name)) return;
  } catch (error) {
    await dropDatabaseOn(serverUrl, own);
    throw error;
  }
  await dropDatabaseOn(serverUrl, own);
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
    return files.map((file) => file.replaceAll(path.sep, '/')).sort();
  } catch (cause) {
    throw new SignalboxError(
      'InvalidOption',
      `createTestDatabase: migrations is ${folder}, which cannot be read as a folder. Name the one that drizzle-kit generate writes, \`out\` of its configuration.`,
      { cause },
    );
  }
}

/** By Drizzle's own migrator, so that the database knows which were applied. @throws SignalboxError `MigrationFailed` */
async function migrate(url: string, folder: string): Promise<void> {
  const { db, end } = (await overPostgresJs(url)) ?? (await overNodePostgres(url));
  const box = createSignalbox({ db, testing: 'capture', log: false });
  try {
    await box.migrate({ folder });
  } finally {
    await box.close();
    await end();
  }
}

interface Handle {
  readonly db: DatabaseHandle;
  end(): Promise<void>;
}

async function overPostgresJs(url: string): Promise<Handle | undefined> {
  const found = await orUndefined(() => import('postgres'));
  if (!found) return undefined;
  const { drizzle } = await import('drizzle-orm/postgres-js');
  const client = found.default(url, { max: 1, fetch_types: false, onnotice: () => {} });
  return { db: drizzle({ client }), end: () => client.end() };
}

async function overNodePostgres(url: string): Promise<Handle> {
  const [{ default: pg }, { drizzle }] = await Promise.all([import('pg'), import('drizzle-orm/node-postgres')]);
  const client = new pg.Pool({ connectionString: url, max: 1 });
  return { db: drizzle({ client }), end: () => client.end() };
}
