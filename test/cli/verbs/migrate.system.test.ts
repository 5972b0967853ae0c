// signalbox migrate: a Drizzle folder applied once, whatever starts at the same time, fails or dies.
import { untilBlocked } from '../../store/waits.ts';
import { PGlite } from '@electric-sql/pglite';
import { drizzle as drizzleNode } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { drizzle as drizzleJs } from 'drizzle-orm/postgres-js';
import { Client, Pool } from 'pg';
import type postgres from 'postgres';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createSignalbox } from '../../../src/index.ts';
import { createDatabase } from '../../support/database.ts';
import { type CliProject, createCliProject } from '../support.ts';

const shop = fileURLToPath(new URL('../../../examples/shop/migrations', import.meta.url));

/** A pool of one: the lock and the migrations share its connection. */
const ONE_CONNECTION = `
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
export const client = postgres(process.env.DATABASE_URL, { max: 1, fetch_types: false, onnotice() {} });
export const db = drizzle({ client });
`;

async function createMigrationProject(migrations: Record<string, string>): Promise<CliProject> {
  const project = await createCliProject({ migrated: false });
  await project.write('database.js', ONE_CONNECTION);
  await writeMigrations(project, migrations);
  return project;
}

async function writeMigrations(project: CliProject, migrations: Record<string, string>): Promise<void> {
  const entries = Object.keys(migrations).map((tag, idx) => ({ idx, version: '7', when: 1_700_000_000_000 + idx, tag, breakpoints: true }));
  await project.write('drizzle/meta/_journal.json', JSON.stringify({ version: '7', dialect: 'postgresql', entries }));
  for (const [tag, text] of Object.entries(migrations)) await project.write(`drizzle/${tag}.sql`, text);
}

const TWO = {
  '0000_one': 'create table one (id int);\n--> statement-breakpoint\ninsert into one values (1);',
  '0001_two': 'create table two (id int);',
};

const countNoted = async (sql: postgres.Sql): Promise<number> =>
  (await sql<{ count: number }[]>`select count(*)::int as count from drizzle.__drizzle_migrations`)[0]!.count;

const locks = async (sql: postgres.Sql): Promise<readonly unknown[]> =>
  sql`select from pg_catalog.pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;

const blocked = async (sql: postgres.Sql): Promise<number> =>
  (
    await sql`
      select from pg_catalog.pg_locks
      where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`
  ).length;

test.each(['read committed', 'repeatable read'])(
  'of two processes that start at once one applies the migrations and the other waits, where %s is the default',
  async (isolation) => {
    await using project = await createMigrationProject(TWO);
    const sql = project.database.connect({ max: 1 });
    await sql.unsafe(`alter database ${project.database.name} set default_transaction_isolation = '${isolation}'`);
    // Both stand before the lock, so that none is late.
    await sql`select pg_advisory_lock(hashtextextended('signalbox.migrate', 0))`;
    const both = [project.start('migrate', '--folder', 'drizzle'), project.start('migrate', '--folder', 'drizzle')];
    await expect.poll(() => blocked(sql)).toBe(2);
    for (const each of both) await each.says('Another process is migrating this database');
    expect(await sql`select to_regclass('one')::text as found`).toEqual([{ found: null }]);
    await sql`select pg_advisory_unlock_all()`;
    expect(await Promise.all(both.map(async ({ exitCode }) => exitCode))).toEqual([0, 0]);
    expect(both.map(({ output }) => output.split('\n')[1]!).toSorted()).toEqual([
      '2 migrations applied.',
      'All migrations are applied already.',
    ]);
    expect(await sql`select id from one`).toEqual([{ id: 1 }]);
    expect(await countNoted(sql)).toBe(2);
    expect(await locks(sql)).toHaveLength(0);
  },
);

test('a migration that fails ends it with code 1, names its file, and keeps nothing; mended, all are applied', async () => {
  await using project = await createMigrationProject({
    ...TWO,
    '0002_three': 'create table three (id int);\n--> statement-breakpoint\ncreate table one (id int);',
  });
  const sql = project.database.connect({ max: 1 });
  const failing = project.start('migrate', '--folder', 'drizzle');
  expect([await failing.exitCode, failing.output]).toEqual([
    1,
    'signalbox: 0002_three.sql failed: relation "one" already exists. Nothing of this run was kept: mend it and run it again. [MigrationFailed]\n',
  ]);
  expect(await sql`select to_regclass('one') as one, to_regclass('drizzle.__drizzle_migrations') as noted`).toEqual([
    { one: null, noted: null },
  ]);
  expect(await locks(sql)).toHaveLength(0);
  await project.write('drizzle/0002_three.sql', 'create table three (id int);');
  const mended = project.start('migrate', '--folder', 'drizzle');
  expect([await mended.exitCode, mended.output]).toEqual([0, '3 migrations applied.\n']);
  await writeMigrations(project, { ...TWO, '0002_three': '', '0003_four': 'create table four (id int);' });
  const later = project.start('migrate', '--folder', 'drizzle');
  expect([await later.exitCode, later.output]).toEqual([0, '1 migration applied.\n']);
  const json = project.start('migrate', '--folder', 'drizzle', '--json');
  expect([await json.exitCode, json.document]).toEqual([0, { version: 1, applied: 0 }]);
});

test('one that is killed in the middle leaves neither half a migration nor its lock', async () => {
  await using project = await createMigrationProject({ ...TWO, '0002_slow': 'select pg_advisory_xact_lock(7);' });
  const [sql, blocker] = [project.database.connect({ max: 1 }), project.database.connect({ max: 1 })];
  await blocker`select pg_advisory_lock(7)`;
  const killed = project.start('migrate', '--folder', 'drizzle');
  await untilBlocked(sql);
  const waiting = project.start('migrate', '--folder', 'drizzle');
  await waiting.says('waiting for it');
  killed.child.kill('SIGKILL');
  await killed.exitCode;
  await blocker`select pg_advisory_unlock(7)`;
  expect(await waiting.exitCode).toBe(0);
  expect(waiting.output).toContain('3 migrations applied.');
  expect(await countNoted(sql)).toBe(3);
});

test('one whose connection is lost in the middle says so, and applies nothing', async () => {
  await using project = await createMigrationProject({ ...TWO, '0002_slow': 'select pg_advisory_xact_lock(7);' });
  const [sql, blocker] = [project.database.connect({ max: 1 }), project.database.connect({ max: 1 })];
  await blocker`select pg_advisory_lock(7)`;
  const cut = project.start('migrate', '--folder', 'drizzle');
  await untilBlocked(sql);
  await sql`select pg_terminate_backend(pid, 5000) from pg_locks where not granted and locktype = 'advisory'`;
  expect(await cut.exitCode).toBe(1);
  expect(cut.output).toMatch(/^signalbox: .*(unreachable|cannot be reached|did not answer)/i);
  await blocker`select pg_advisory_unlock(7)`;
  const again = project.start('migrate', '--folder', 'drizzle');
  expect([await again.exitCode, again.output]).toEqual([0, '3 migrations applied.\n']);
});

test('what drizzle-kit has applied is known, also where it notes it in a table of another name', async () => {
  await using project = await createMigrationProject(TWO);
  const sql = project.database.connect({ max: 1 });
  await project.write(
    'drizzle.config.ts',
    `export default { dialect: 'postgresql', out: './drizzle', schema: './schema.ts', dbCredentials: { url: process.env.DATABASE_URL },
       migrations: { table: 'my "done"', schema: 'Kept' } };`,
  );
  await project.run('npx drizzle-kit migrate', project.environment);
  const migrate = project.start('migrate', '--folder', './drizzle', '--table', 'my "done"', '--schema', 'Kept');
  expect([await migrate.exitCode, migrate.output]).toEqual([0, 'All migrations are applied already.\n']);
  expect(await sql`select from pg_namespace where nspname = 'drizzle'`).toHaveLength(0);
});

test('the migrations of the shop are applied on every driver, with one connection', async () => {
  await using js = await createDatabase({ migrated: false });
  await using pool = await createDatabase({ migrated: false });
  await using single = await createDatabase({ migrated: false });
  const pgPool = new Pool({ connectionString: pool.url, max: 1 });
  const pgClient = new Client({ connectionString: single.url });
  await pgClient.connect();
  const pglite = new PGlite();
  for (const db of [
    drizzleJs({ client: js.connect({ max: 1 }) }),
    drizzleNode({ client: pgPool }),
    drizzleNode({ client: pgClient }),
    drizzlePglite({ client: pglite }),
  ]) {
    await using box = createSignalbox({ db: db as ReturnType<typeof drizzleJs>, log: false });
    expect(await box.migrate({ folder: shop })).toBeGreaterThan(0);
    expect(await box.migrate({ folder: shop })).toBe(0);
    expect((await box.workers.health()).database).toEqual({ ok: true });
    await expect(box.migrate({ folder: `${shop}/meta` })).rejects.toMatchObject({ code: 'MigrationFailed' });
  }
  await Promise.all([pgPool.end(), pgClient.end(), pglite.close()]);
});

test('a run that finds all applied makes the server say nothing', async () => {
  await using database = await createDatabase({ migrated: false });
  const said: unknown[] = [];
  const client = database.connect({ max: 1, onnotice: (notice) => said.push(notice) });
  await using box = createSignalbox({ db: drizzleJs({ client }), log: false });
  await box.migrate({ folder: shop });
  expect(await box.migrate({ folder: shop })).toBe(0);
  expect(said).toEqual([]);
  expect(await client`show client_min_messages`).toEqual([{ client_min_messages: 'notice' }]);
});

test('a folder without migrations ends it with code 1, a database that is not there too, a wrong command line with code 2', async () => {
  await using project = await createMigrationProject(TWO);
  const folder = project.start('migrate', '--folder', 'elsewhere');
  const none = project.start('migrate');
  const wrong = project.start('migrate', '--folder', 'drizzle', '--wait', '3');
  const help = project.start('migrate', '--help');
  project.environment['DATABASE_URL'] = 'postgres://nobody@127.0.0.1:1/none';
  const unreachable = project.start('migrate', '--folder', 'drizzle');
  const commands = [folder, none, wrong, help, unreachable];
  expect(await Promise.all(commands.map(async ({ exitCode }) => exitCode))).toEqual([1, 2, 2, 0, 1]);
  expect(folder.output).toMatch(/elsewhere is no folder of migrations: .*\[MigrationFailed\]\n$/);
  expect(none.output).toMatch(/^signalbox: --folder is missing.*\n\nUsage: signalbox migrate .*\nMore: signalbox migrate --help\n$/);
  expect(wrong.output).toContain("Unknown option '--wait'");
  expect(help.output).toContain('--folder <folder>');
  expect(unreachable.output).toMatch(/\[DatabaseUnreachable\]\n$/);
});
