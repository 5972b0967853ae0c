// The tables reach users through their own drizzle-kit: the migration that it generates once is complete and lasting.
import { cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal } from '../../src/index.ts';
import { createDatabase } from '../support/database.ts';
import { createProject, type Project } from '../support/project.ts';

const happened = defineSignal('migrations.happened', z.object({}));

const root = fileURLToPath(new URL('../..', import.meta.url));
const config = (schema: string): string =>
  `export default { dialect: 'postgresql', schema: ${JSON.stringify(schema)}, out: './migrations', dbCredentials: { url: '' } };`;

const generate = async (project: Project): Promise<string> => project.run('npx drizzle-kit generate');
const migrationsOf = async (project: Project): Promise<string[]> =>
  (await readdir(path.join(project.folder, 'migrations'))).filter((file) => file.endsWith('.sql'));

test.each([
  ['re-exported by the schema of the project', "export * from 'signalbox/schema';", './schema.ts'],
  ['named in the configuration', '', './node_modules/signalbox/dist/schema.js'],
])('tables that are %s are generated once, and then there is nothing to do', async (_how, schema, file) => {
  await using project = await createProject();
  await project.write('schema.ts', schema);
  await project.write('drizzle.config.ts', config(file));
  await generate(project);
  const [migration] = await migrationsOf(project);
  const text = await readFile(path.join(project.folder, 'migrations', migration!), 'utf8');
  expect(text).toContain('CREATE SCHEMA "signalbox"');
  for (const table of ['emission', 'receiver', 'delivery', 'settled', 'delivery_error', 'worker'])
    expect(text).toContain(`CREATE TABLE "signalbox"."${table}"`);
  expect(await generate(project)).toContain('No schema changes');
  expect(await migrationsOf(project)).toHaveLength(1);
});

/** A part of a page, as a user copies it. */
async function snippetOf(page: string, part: RegExp): Promise<string> {
  const [text] = part.exec(await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8'))!;
  return text;
}

test('two applications bring their tables into one database by drizzle-kit, each in a schema of its own, and both work there', async () => {
  await using database = await createDatabase({ migrated: false });
  const environment = { DATABASE_URL: database.url };
  const applications = [
    { schema: "export * from 'signalbox/schema';", table: 'first_migrations', name: 'signalbox' },
    {
      schema: await snippetOf('guides/deploying.md', /import \{ signalboxTables \}[^]*?signalboxTables\('billing_signals'\);/),
      table: 'second_migrations',
      name: 'billing_signals',
    },
  ];
  for (const { schema, table, name } of applications) {
    await using project = await createProject();
    await project.write('schema.ts', schema);
    await project.write(
      'drizzle.config.ts',
      `export default { dialect: 'postgresql', schema: './schema.ts', out: './migrations', migrations: { table: '${table}' }, dbCredentials: { url: process.env.DATABASE_URL } };`,
    );
    await generate(project);
    await project.run('npx drizzle-kit migrate', environment);
    expect(await generate(project)).toContain('No schema changes');
    expect(await migrationsOf(project)).toHaveLength(1);
    const db = drizzle({ client: database.connect() });
    await using box = createSignalbox({ db, schema: name, log: false });
    box.receivers.connect(happened, () => {}, { name: `${name}.receiver` });
    await db.transaction(async (tx) => happened.emitReliable(tx, {}));
    expect(await box.drain()).toMatchObject({ completed: 1 });
  }
});

test('the migrations of the example shop are those of its schema', async () => {
  await using project = await createProject();
  await cp(path.join(root, 'examples/shop'), path.join(project.folder, 'shop'), { recursive: true });
  await cp(path.join(root, 'examples/shop/migrations'), path.join(project.folder, 'migrations'), { recursive: true });
  await project.write('drizzle.config.ts', config('./shop/schema.ts'));
  expect(await generate(project)).toContain('No schema changes');
});
