// What init would write into projects of all shapes: each trap is a project in a folder.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hiddenBy, parseDrizzleConfig, placeOf } from '../../../src/cli/init/drizzle-config.ts';
import { planOf, type Plan } from '../../../src/cli/init/plan.ts';
import { urlVariables } from '../../../src/cli/init/try.ts';
import { read, readProject, workspacePackages } from '../../../src/cli/init/project.ts';

const PACKAGE = JSON.stringify({
  name: 'shop',
  type: 'module',
  scripts: { build: 'tsc' },
  dependencies: { 'drizzle-orm': '*', postgres: '*', 'drizzle-kit': '*' },
});
const DB = "import { drizzle } from 'drizzle-orm/postgres-js';\nexport const db = drizzle({ client });\n";
const CONFIG = "export default defineConfig({ dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle' });";

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-init-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  return folder;
}

const planIn = (folder: string): Plan => planOf(readProject(folder)!, (file) => read(path.join(folder, file)));

const SHOP = { 'package.json': PACKAGE, 'drizzle.config.ts': CONFIG, 'src/schema.ts': 'export const a = 1;\n', 'src/db.ts': DB };

const planFor = async (files: Record<string, string>): Promise<Plan> => planIn(await folderOf({ ...SHOP, ...files }));

const textOf = ({ changes }: Plan, file: string): string | undefined => changes.find((change) => change.file === file)?.after;

test('a package that is new to Drizzle gets its configuration, with a schema that it can build on', async () => {
  const folder = await folderOf({ 'package.json': JSON.stringify({ name: 'new', type: 'module' }) });
  const plan = planIn(folder);
  expect(plan.pastes).toEqual([]);
  const config = parseDrizzleConfig(textOf(plan, 'drizzle.config.ts')!);
  expect(placeOf(config.schema!)).toEqual({ kind: 'append', file: './signalbox/schema.ts' });
  expect(textOf(plan, 'signalbox/schema.ts')).toBe("export * from 'signalbox/schema';\n");
  expect(textOf(plan, 'signalbox/database.ts')).toContain('drizzle-orm/postgres-js');
  expect(plan.steps[0]).toBe('npm install signalbox drizzle-orm postgres zod @oxc-node/core drizzle-kit');
  for (const { file, after } of plan.changes) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), after);
  }
  expect(planIn(folder).changes).toEqual([]);
});

test.each([
  ['a property', 'process.env.POSTGRES_URL!', ['DATABASE_URL', 'POSTGRES_URL']],
  ['a subscript', "process.env['PG_CONNECTION_STRING']", ['DATABASE_URL', 'PG_CONNECTION_STRING']],
  ['none', "'postgres://localhost'", ['DATABASE_URL']],
  ['one that is no address', 'process.env.NODE_ENV', ['DATABASE_URL']],
])('the address of the trial goes where the project looks for it: %s', (_what, text, names) => {
  expect(Object.keys(urlVariables([text, ''], 'postgres://x')).sort()).toEqual(names);
  expect(new Set(Object.values(urlVariables([text], 'postgres://x')))).toEqual(new Set(['postgres://x']));
});

test('a schema in one file gets one line; the rest is new, beside the database; a second run changes nothing', async () => {
  const folder = await folderOf(SHOP);
  const plan = planIn(folder);
  expect(plan.changes.map(({ file }) => file)).toEqual([
    'src/signalbox/example-signals.ts',
    'src/signalbox/example-receiver.ts',
    'signalbox.config.ts',
    'src/signalbox/example.test.ts',
    'src/schema.ts',
    'package.json',
  ]);
  expect(textOf(plan, 'src/schema.ts')).toBe("export const a = 1;\n\nexport * from 'signalbox/schema';\n");
  expect(textOf(plan, 'signalbox.config.ts')).toContain("from './src/db.js'");
  expect(JSON.parse(textOf(plan, 'package.json')!)).toMatchObject({ scripts: { build: 'tsc', 'signalbox:worker': 'signalbox worker' } });
  expect(plan.pastes).toEqual([]);
  expect(plan.steps).toEqual([
    'npm install signalbox zod @oxc-node/core',
    'npx drizzle-kit generate',
    'npx drizzle-kit migrate',
    'npm run signalbox:test',
  ]);
  for (const { file, after } of plan.changes) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), after);
  }
  expect(planIn(folder).changes).toEqual([]);
});

test.each<[schema: string, kind: 'append' | 'create', file: string]>([
  ["'./src/schema.ts'", 'append', './src/schema.ts'],
  ["['./src/a.ts', './src/b.ts']", 'append', './src/a.ts'],
  ["['./src/**/*.sql.ts', './src/b.ts']", 'append', './src/b.ts'],
  ["'./src/schema/*.ts'", 'create', './src/schema/signalbox.ts'],
  ["'./src/**/*.schema.ts'", 'create', './src/signalbox.schema.ts'],
  ["'./src/**/schema.ts'", 'create', './src/signalbox/schema.ts'],
  ["'./src/*/schema.{ts,js}'", 'create', './src/signalbox/schema.ts'],
  ["'./src/schema'", 'create', './src/schema/signalbox.ts'],
  ['`./src/schema/*`', 'create', './src/schema/signalbox.ts'],
])('of schema: %s it will %s %s', (schema, kind, file) => {
  const config = parseDrizzleConfig(`export default { // schema: './not-this.ts'\n  schema: ${schema},\n  out: './drizzle' }`);
  expect(placeOf(config.schema!)).toEqual({ kind, file });
  expect(config.out).toBe('./drizzle');
});

test('a pattern gets a file of its own, and no file is edited as well', async () => {
  const plan = await planFor({ 'drizzle.config.ts': CONFIG.replace('schema.ts', '**/*.ts') });
  expect(textOf(plan, 'src/signalbox.ts')).toBe("export * from 'signalbox/schema';\n");
  expect(textOf(plan, 'src/schema.ts')).toBeUndefined();
});

test.each(['path.join(root, "schema.ts")', 'SCHEMA', '[...files]', '`${root}/schema.ts`'])(
  'a schema that is computed, %s, is left to a person',
  async (schema) => {
    const plan = await planFor({ 'drizzle.config.ts': `export default { schema: ${schema}, out: './drizzle' };` });
    expect(plan.pastes).toEqual([
      { where: expect.stringContaining('it is computed') as string, text: "export * from 'signalbox/schema';" },
    ]);
    expect(plan.changes.map(({ before }) => before).filter((before) => before !== undefined)).toEqual([PACKAGE]);
  },
);

test('tables that are exported already, also by another file of the list, are not exported again', async () => {
  const exported = "export * from 'signalbox/schema';\n";
  const plan = await planFor({
    'drizzle.config.ts': CONFIG.replace("'./src/schema.ts'", "['./src/schema.ts', './src/signals.ts']"),
    'src/signals.ts': exported,
  });
  expect(textOf(plan, 'src/schema.ts')).toBeUndefined();
});

test.each<[string, string | undefined]>([
  ["schemaFilter: ['public']", "schemaFilter: ['public', 'signalbox'],"],
  ["schemaFilter: 'public'", "schemaFilter: ['public', 'signalbox'],"],
  ["schemaFilter: ['public', 'signalbox']", undefined],
  ["tablesFilter: ['shop_*']", 'tablesFilter'],
  ["tablesFilter: ['!pg_stat*']", undefined],
  ["tablesFilter: ['*']", undefined],
])('of a configuration with %s it says which line shows the tables', async (member, expected) => {
  const hidden = hiddenBy(parseDrizzleConfig(`export default { schema: './a.ts', ${member} }`));
  if (expected === undefined) expect(hidden).toBeUndefined();
  else expect(hidden).toContain(expected);
});

test.each<[string, Record<string, string>, 'service' | 'receiver', string]>([
  ['its own tsconfig', { 'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true, } } // yes' }, 'service', '.js'],
  [
    'a tsconfig that it extends',
    {
      'tsconfig.json': '{ "extends": "./base" }',
      'base.json': '{ "extends": ["./deep.json"] }',
      'deep.json': '{ "compilerOptions": { "experimentalDecorators": true, "allowImportingTsExtensions": true } }',
    },
    'service',
    '.ts',
  ],
  [
    'its own over what it extends',
    {
      'tsconfig.json': '{ "extends": "./base.json", "compilerOptions": { "experimentalDecorators": false } }',
      'base.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
    },
    'receiver',
    '.js',
  ],
  ['none', {}, 'receiver', '.js'],
])('decorators by %s', async (_what, files, kind, extension) => {
  const plan = await planFor(files);
  expect(textOf(plan, `src/signalbox/example-${kind}.ts`)).toContain(`from './example-signals${extension}'`);
  expect(textOf(plan, 'signalbox.config.ts')).toContain(kind === 'service' ? 'services: [ExampleService]' : 'box.receivers.connect(');
});

test.each([
  ['pnpm-lock.yaml', 'pnpm add', 'pnpm exec drizzle-kit generate', 'pnpm run signalbox:test'],
  ['yarn.lock', 'yarn add', 'yarn drizzle-kit generate', 'yarn run signalbox:test'],
  ['bun.lock', 'bun add', 'bunx drizzle-kit generate', 'bun run signalbox:test'],
])('a project with %s is told its own commands', async (lock, add, generate, run) => {
  const { steps } = await planFor({ [lock]: '' });
  expect(steps[0]).toMatch(new RegExp(`^${add} `));
  expect(steps).toContain(generate);
  expect(steps.at(-1)).toBe(run);
});

test('the database of another name or driver is used as it is; without one, a module for the installed client is written', async () => {
  const other = await planFor({ 'src/db.ts': DB.replace('postgres-js', 'node-postgres').replace('const db', 'const database') });
  expect(textOf(other, 'signalbox.config.ts')).toContain('db: database');
  expect(textOf(other, 'src/signalbox/example.test.ts')).toContain('await database.$client.end();');
  const none = await planFor({ 'src/db.ts': '' });
  expect(textOf(none, 'signalbox/database.ts')).toContain("from 'drizzle-orm/postgres-js'");
  expect(textOf(none, 'signalbox/example.test.ts')).toContain("from './database.js'");
});

test('the root of a workspace lists its packages that use Drizzle', async () => {
  const folder = await folderOf({
    'package.json': '{ "workspaces": ["packages/*"] }',
    'packages/api/package.json': PACKAGE,
    'packages/web/package.json': '{}',
    'node_modules/x/package.json': PACKAGE,
  });
  expect(workspacePackages(folder)).toEqual(['packages/api']);
  expect(workspacePackages(path.join(folder, 'packages/api'))).toBeUndefined();
});

test('package.json keeps its indentation, its end and its own scripts', async () => {
  const text = `{\n\t"scripts": {\n\t\t"signalbox:test": "mine"\n\t},\n\t"dependencies": { "drizzle-orm": "*" }\n}\n`;
  const changed = textOf(await planFor({ 'package.json': text }), 'package.json')!;
  expect(changed).toMatch(/^\{\n\t"scripts": \{\n\t\t"signalbox:test": "mine",\n\t\t"signalbox:worker": "signalbox worker"\n\t\}/);
  expect(changed.endsWith('}\n')).toBe(true);
});
