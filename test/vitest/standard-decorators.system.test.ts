// Standard decorators under Vitest, in a user's project: without the plugin they are a SyntaxError, with it services work
// as they do in production, under the same names. Each run is a real `vitest run`; those with a database use a real one.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from 'vite';
import { isSignalboxError } from '../../src/index.ts';
import { standardDecorators } from '../../src/vitest-plugin.ts';
import { installCopy } from '../cli/installed.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createProject, type Project, tsconfig } from '../support/project.ts';

const RUN_MS = 60_000;
const RUN = 'npx vitest run --reporter=verbose';

const WITHOUT_PLUGIN = "import { defineConfig } from 'vitest/config';\nexport default defineConfig({});\n";
const WITH_PLUGIN = `import { standardDecorators } from 'signalbox/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({ plugins: [standardDecorators()] });
`;

const SHOP = `import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, Db, defineSignal, type DeliveryContext, inject, OnSignal, type PayloadOf, Service } from 'signalbox';
import { z } from 'zod';

export const paid = defineSignal('payment.completed', z.object({ paymentId: z.number().int() }));
export const client = postgres(process.env['DATABASE_URL']!);

@Service()
export class Payments {
  private readonly db = inject(Db);

  async succeed(paymentId: number): Promise<void> {
    await this.db.transaction(async (tx) => {
      await paid.emitReliable(tx, { paymentId });
    });
  }
}

/** A class that is undecorated and names itself: a compiler may rename it. */
export class Orders {
  static completed: number[] = [];
  accessor note = 'new';

  @OnSignal(paid)
  async onPaid({ paymentId }: PayloadOf<typeof paid>, { tx }: DeliveryContext): Promise<void> {
    await tx.execute(sql\`insert into completed values (\${paymentId})\`);
    Orders.completed.push(paymentId);
    if (paymentId === 13) throw new Error('unlucky');
  }
}

export const db = drizzle({ client });
export const box = createSignalbox({ db, services: [Payments, Orders], testing: 'immediate', log: false });
declare module 'signalbox' { interface Register { db: typeof db } }
`;

const SHOP_TEST = `import { afterAll, expect, test } from 'vitest';
import { box, client, Orders, Payments } from './shop.ts';

afterAll(async () => {
  await box.close();
  await client.end();
});

test('an order is completed by its payment', async () => {
  await client\`create table completed (payment_id int)\`;
  await box.get(Payments).succeed(7);
  expect(await client\`select payment_id from completed\`).toEqual([{ payment_id: 7 }]);
  expect(Orders.completed).toEqual([7]);
  expect(Orders.name).toBe('Orders');
});

test('an error is found where it was thrown', async () => {
  const error = await box.get(Payments).succeed(13).catch((error) => error);
  expect(error.code).toBe('ReceiverFailed');
  expect(error.details.causes[0].stack).toContain('shop.ts:LINE:');
});
`;

const lineOf = (text: string, words: string): string => String(text.slice(0, text.indexOf(words)).split('\n').length);

async function openProject(config: string, without: readonly string[] = []): Promise<Project> {
  const project = await createProject({ without });
  await installCopy(project.folder);
  await project.write('tsconfig.json', tsconfig({ experimentalDecorators: false }));
  await project.write('vitest.config.ts', config);
  await project.write('shop.ts', SHOP);
  await project.write('shop.test.ts', SHOP_TEST.replace('LINE', lineOf(SHOP, "throw new Error('unlucky')")));
  return project;
}

const environmentOf = ({ url }: TestDatabase) => ({ DATABASE_URL: url, NO_COLOR: '1' });

describe('vitest run', () => {
  test('with the plugin: receivers run, under the names of their classes, and errors keep their lines', { timeout: RUN_MS }, async () => {
    await using database = await createDatabase();
    await using project = await openProject(WITH_PLUGIN);
    expect(await project.run(RUN, environmentOf(database))).toMatch(/Tests +2 passed/);
    const sql = database.connect();
    const names = await sql<{ name: string }[]>`select name from signalbox.receiver order by name`;
    expect(names.map(({ name }) => name)).toEqual(['Orders.onPaid']);
    await project.run('npx tsc -p tsconfig.json');
  });

  test('without the plugin: a SyntaxError, before any test', { timeout: RUN_MS }, async () => {
    await using database = await createDatabase();
    await using project = await openProject(WITHOUT_PLUGIN);
    await expect(project.run(RUN, environmentOf(database))).rejects.toThrow(/no tests[\s\S]*SyntaxError: Invalid or unexpected token/);
  });

  test('with it, but without esbuild: the error says what to install', { timeout: RUN_MS }, async () => {
    await using database = await createDatabase();
    await using project = await openProject(WITH_PLUGIN, ['esbuild']);
    await expect(project.run(RUN, environmentOf(database))).rejects.toThrow(/npm install --save-dev esbuild \[LoaderMissing\]/);
  });
});

/** No tsconfig.json is near. */
const NOWHERE = path.resolve('/nowhere');
const DECORATED = 'export class Orders { @receive() complete() {} }';

describe('the plugin', () => {
  test('is a plugin that Vitest accepts, and that runs before its own', async () => {
    const config = await resolveConfig({ configFile: false, plugins: [standardDecorators()] }, 'serve');
    const plugins = config.plugins.map(({ name }) => name);
    const place = plugins.indexOf('signalbox:standard-decorators');
    expect(place).toBeGreaterThan(-1);
    expect(place).toBeLessThan(plugins.indexOf('vite:oxc'));
  });

  test.each([
    ['on a method', DECORATED],
    ['on a class', '@service\nexport class Orders {}'],
    ['after export', 'export @service class Orders {}'],
    ['after a comment', 'class Orders { // one @ a time\n  /* @public */ @receive("payment") complete() {}\n}'],
    ['after the end of a comment', '/**\n */ @service class Orders {}'],
    ['on an accessor', 'class Orders { @tracked static accessor count = 0; }'],
    ['with an expression', 'class Orders { @(receive(payment)) complete() {} }'],
  ])('compiles decorators %s', async (_where, code) => {
    const compiled = await standardDecorators().transform(code, path.join(NOWHERE, 'orders.ts'));
    expect(compiled?.code).toContain('__decorateElement(');
    expect(JSON.parse(compiled!.map)).toMatchObject({ sources: [path.join(NOWHERE, 'orders.ts')], sourcesContent: [code] });
  });

  test.each([
    ['TypeScript for modules', 'orders.mts', true],
    ['JSX, which it keeps', 'orders.tsx', true],
    ['JavaScript', 'orders.js', true],
    ['a file asked for with a query', 'orders.ts?v=1', true],
    ['a dependency', 'node_modules/orders/index.js', false],
    ['something else', 'orders.css', false],
  ])('compiles or ignores files: %s', async (_what, name, compiled) => {
    const code = name.endsWith('x') ? `${DECORATED}\nexport const row = <td>one</td>;` : DECORATED;
    const result = await standardDecorators().transform(code, path.join(NOWHERE, name));
    expect(result !== null).toBe(compiled);
    if (name.endsWith('x')) expect(result?.code).toContain('<td>one</td>');
  });

  test.each([
    ['none', 'export const orders = [];'],
    ['a documented function', '/**\n * @param id of the order\n */\nexport function complete(id) {}'],
    ['a comment', '/** @type {number} */ let id;\n// @vitest-environment node\n/* @__PURE__ */ complete();'],
    ['many comments', `${'/* @a */ '.repeat(50)}let id;`],
    ['an address', 'export const to = "orders@example.org";'],
  ])('leaves files without decorators alone: %s', async (_what, code) => {
    expect(await standardDecorators().transform(code, path.join(NOWHERE, 'orders.ts'))).toBeNull();
  });

  test.each([
    ['itself', { 'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true } }' }],
    [
      'with comments',
      { 'tsconfig.json': '{ // legacy\n "compilerOptions": { /* still */ "experimentalDecorators": true, "baseUrl": "//x", }, }' },
    ],
    [
      'by extending a file',
      { 'tsconfig.json': '{ "extends": "./base" }', 'base.json': '{ "compilerOptions": { "experimentalDecorators": true } }' },
    ],
    [
      'by extending a package',
      {
        'tsconfig.json': '{ "extends": ["@a/base", "@a/base/strict"] }',
        'node_modules/@a/base/package.json': '{}',
        'node_modules/@a/base/tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
        'node_modules/@a/base/strict.json': '{ "compilerOptions": { "strict": true } }',
      },
    ],
    ['nearer than another', { '../tsconfig.json': '{}', 'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true } }' }],
  ])('leaves legacy decorators alone, when tsconfig.json asks for them %s', async (_how, files) => {
    await using project = await createProject();
    for (const [name, text] of Object.entries(files)) await project.write(path.join('app', name), text);
    const { transform } = standardDecorators();
    expect(await transform(DECORATED, path.join(project.folder, 'app/src/orders.ts'))).toBeNull();
    expect(await transform(DECORATED, path.join(project.folder, 'orders.ts'))).not.toBeNull();
  });

  test('a tsconfig.json that extends one with legacy decorators may turn them off', async () => {
    await using project = await createProject();
    await project.write('base.json', '{ "compilerOptions": { "experimentalDecorators": true, "verbatimModuleSyntax": true } }');
    await project.write('tsconfig.json', '{ "extends": "./base.json", "compilerOptions": { "experimentalDecorators": false } }');
    const code = `import { unused } from './unused.ts';\n${DECORATED}`;
    const compiled = await standardDecorators().transform(code, path.join(project.folder, 'orders.ts'));
    expect(compiled?.code).toContain('__decorateElement(');
    expect(compiled?.code).toContain('./unused.ts');
  });

  test('without esbuild in the project, the plugin reports that when it meets a decorator', async () => {
    await using project = await createProject({ without: ['esbuild'] });
    const plugin = standardDecorators();
    plugin.configResolved({ root: project.folder });
    expect(await plugin.transform('export {};', path.join(project.folder, 'orders.ts'))).toBeNull();
    const error: unknown = await plugin.transform(DECORATED, path.join(project.folder, 'orders.ts')).catch((error: unknown) => error);
    expect(isSignalboxError(error, 'LoaderMissing')).toBe(true);
  });
});
