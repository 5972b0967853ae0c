// The tables reach users through their own drizzle-kit: what it generates once is complete and lasting.
import { cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createProject, type Project } from '../support/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const config = (schema: string): string =>
  `export default { dialect: 'postgresql', schema: ${JSON.stringify(schema)}, out: './migrations', dbCredentials: { url: '' } };`;

const generate = async (project: Project): Promise<string> => project.run('npx drizzle-kit generate');
const migrationsOf = async (project: Project): Promise<string[]> =>
  (await readdir(path.join(project.folder, 'migrations'))).filter((file) => file.endsWith('.sql'));

test.each([
  ['re-exported by the schema of the project', "export * from 'signalbox/schema';", './schema.ts'],
  ['named in the configuration', '', './node_modules/signalbox/dist/store/schema/schema.js'],
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

test('the migrations of the example shop are those of its schema', async () => {
  await using project = await createProject();
  await cp(path.join(root, 'examples/shop'), path.join(project.folder, 'shop'), { recursive: true });
  await cp(path.join(root, 'examples/shop/migrations'), path.join(project.folder, 'migrations'), { recursive: true });
  await project.write('drizzle.config.ts', config('./shop/schema.ts'));
  expect(await generate(project)).toContain('No schema changes');
});
