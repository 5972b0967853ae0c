// signalbox tuning: SQL that a user's own migration takes as it is.
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { tuningMigration } from '../../../src/store/schema/tuning.ts';
import { launchPostgres } from '../../../src/testing/postgres/launch.ts';
import { readMigrations } from '../../support/migrations.ts';
import { createDatabase } from '../../support/database.ts';
import { createProject } from '../../support/project.ts';

/** The storage settings of each table that has some. */
async function settingsOf(sql: postgres.Sql): Promise<Record<string, Record<string, string>>> {
  const rows = await sql<{ table: string; settings: string[] }[]>`
    select relname as table, reloptions as settings from pg_catalog.pg_class
    where relnamespace = 'signalbox'::regnamespace and relkind = 'r' and reloptions is not null order by relname`;
  return Object.fromEntries(rows.map(({ table, settings }) => [table, Object.fromEntries(settings.map((each) => each.split('=')))]));
}

const NEVER_CHANGED = {
  autovacuum_freeze_min_age: '0',
  autovacuum_vacuum_insert_scale_factor: '0',
  autovacuum_vacuum_insert_threshold: '100000',
  autovacuum_vacuum_scale_factor: '0.05',
};

const EXPECTED = {
  delivery: {
    autovacuum_vacuum_cost_limit: '2000',
    autovacuum_vacuum_scale_factor: '0',
    autovacuum_vacuum_threshold: '1000',
    fillfactor: '50',
    vacuum_truncate: 'false',
  },
  delivery_error: { ...NEVER_CHANGED, autovacuum_vacuum_insert_threshold: '10000' },
  emission: NEVER_CHANGED,
  settled: NEVER_CHANGED,
  worker: { autovacuum_vacuum_scale_factor: '0', autovacuum_vacuum_threshold: '1000', fillfactor: '50', vacuum_truncate: 'false' },
};

test('the database takes the settings, and takes them again without a change', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  const pages = async (): Promise<unknown> =>
    sql`select relname, relfilenode from pg_catalog.pg_class where relnamespace = 'signalbox'::regnamespace order by relname`;
  const before = await pages();
  for (const _time of ['once', 'twice']) {
    for (const statement of tuningMigration().split('--> statement-breakpoint')) await sql.unsafe(statement);
    expect(await settingsOf(sql)).toEqual(EXPECTED);
  }
  expect(await pages()).toEqual(before);
});

test('neither readers nor writers wait for it, and it does not wait for them', async () => {
  await using database = await createDatabase();
  const [writer, tuner] = [database.connect({ max: 1 }), database.connect({ max: 1 })];
  await tuner`set lock_timeout = 1`;
  await writer.begin(async (tx) => {
    await tx`lock table signalbox.delivery, signalbox.settled, signalbox.emission, signalbox.delivery_error, signalbox.worker in row exclusive mode`;
    await tuner.unsafe(tuningMigration().replaceAll('--> statement-breakpoint', ''));
  });
  expect(Object.keys(await settingsOf(tuner))).toHaveLength(5);
});

/** A server that was built with lz4, which the embedded one is not: Debian's. */
const DEBIAN = '/usr/lib/postgresql';
const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).find((version) => existsSync(`${DEBIAN}/${version}/bin/initdb`)) : undefined;

// Skipped where no such server is installed.
test.runIf(debian)('where the server has lz4, payloads are compressed by it; the second time it waits for nothing', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'signalbox-lz4-'));
  // The server runs as another user.
  await chmod(folder, 0o755);
  await symlink(`${DEBIAN}/${debian}`, path.join(folder, 'native'));
  await using server = await launchPostgres({ packageFolder: folder });
  const [sql, writer] = [postgres(server.url, { max: 1, onnotice: () => {} }), postgres(server.url, { max: 1 })];
  try {
    await sql.unsafe(await readMigrations());
    const compression = async (): Promise<unknown> =>
      (
        await sql`select attcompression from pg_catalog.pg_attribute where attrelid = 'signalbox.emission'::regclass and attname = 'payload'`
      )[0];
    expect(await compression()).toEqual({ attcompression: '' });
    await sql.unsafe(tuningMigration().replaceAll('--> statement-breakpoint', ''));
    expect(await compression()).toEqual({ attcompression: 'l' });
    await sql`set lock_timeout = 1`;
    await writer.begin(async (tx) => {
      await tx`lock table signalbox.emission in row exclusive mode`;
      await sql.unsafe(tuningMigration().replaceAll('--> statement-breakpoint', ''));
    });
    await sql`
      insert into signalbox.emission (id, signal, version, payload, emitted_at)
      select gen_random_uuid(), 'a.b', 1, jsonb_object_agg('field' || n, repeat(n::text, 20)), now() from generate_series(1, 500) n`;
    expect(await sql`select pg_column_compression(payload) as by from signalbox.emission`).toMatchObject([{ by: 'lz4' }]);
  } finally {
    await Promise.all([sql.end(), writer.end()]);
    await rm(folder, { recursive: true });
  }
});

test('a custom migration of drizzle-kit takes what the command prints, and drizzle-kit finds nothing to do afterwards', async () => {
  await using database = await createDatabase({ migrated: false });
  await using project = await createProject();
  const environment = { DATABASE_URL: database.url };
  await project.write('schema.ts', "export * from 'signalbox/schema';");
  await project.write(
    'drizzle.config.ts',
    `export default { dialect: 'postgresql', schema: './schema.ts', out: './migrations', dbCredentials: { url: process.env.DATABASE_URL } };`,
  );
  await project.run('npx drizzle-kit generate');
  await project.run('npx drizzle-kit generate --custom --name signalbox-tuning');
  const folder = path.join(project.folder, 'migrations');
  const file = path.join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith('signalbox-tuning.sql'))!,
  );
  await writeFile(file, (await readFile(file, 'utf8')) + (await project.run('npx signalbox tuning')));
  await project.run('npx drizzle-kit migrate', environment);
  expect(await settingsOf(database.connect({ max: 1 }))).toEqual(EXPECTED);
  expect(await project.run('npx drizzle-kit generate')).toContain('No schema changes');
});

test('the settings of another schema are those of its tables', () => {
  const other = tuningMigration('order');
  expect(other).toContain('alter table "order".delivery set (');
  expect(other.replaceAll('"order".', 'signalbox.')).toBe(tuningMigration());
  expect(tuningMigration("o'clock")).toContain(`'"o''clock".emission'::regclass`);
});

test('each setting says why it is as it is', () => {
  const settings = tuningMigration().match(/^ {2}\w+ = .*$/gm)!;
  expect(settings).toHaveLength(21);
  for (const line of settings) expect(line).toMatch(/^ {2}\w+ = [\w.]+,? -- \S.{20}/);
});

test('it needs no configuration, and knows no option but the schema', async () => {
  await using project = await createProject();
  expect(await project.run('npx signalbox tuning')).toBe(`${tuningMigration()}\n`);
  expect(await project.run('npx signalbox tuning --help')).toContain('--custom --name signalbox-tuning');
  await expect(project.run('npx signalbox tuning --config x')).rejects.toThrow("Unknown option '--config'");
  expect(await project.run('npx signalbox tuning --schema billing_signals')).toBe(`${tuningMigration('billing_signals')}\n`);
  expect(JSON.parse(await project.run('npx signalbox tuning --json'))).toEqual({ version: 1, sql: tuningMigration() });
  await expect(project.run('npx signalbox tuning --schema x;drop')).rejects.toThrow('--schema is "x;drop". Give the name');
});
