// The reference pages match the source exactly, and every page of the documentation is in the sidebar of the site and
// in llms.txt.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import { deadLinks, rewriteLinks, siteLink } from '../../docs/site/links.ts';
import { llmsFullTxt, llmsTxt } from '../../docs/site/llms.ts';
import { GENERATED, groups, readPages, writtenPages } from '../../docs/site/pages.ts';
import type { EventName, SignalboxEvents } from '../../src/index.ts';
import { tables } from '../../src/store/schema/schema.ts';
import { createDatabase } from '../support/database.ts';
import { createProject, tsconfig } from '../support/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = async (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

/** The parts of a page under headings of a level, by heading. */
function sectionsOf(markdown: string, level: '##' | '###'): Map<string, string> {
  const parts = markdown.split(new RegExp(`^${level} `, 'm')).slice(1);
  return new Map(parts.map((part) => [part.split('\n', 1)[0]!, part.slice(part.indexOf('\n'))]));
}

/** The rows of the table whose heading begins with the given word, as texts without backticks. */
function rowsOf(markdown: string, heading: string): string[][] {
  const table = new RegExp(`^\\| ${heading} \\|.*\\n\\|[-|]+\\|\\n((?:\\|.*\\n?)*)`, 'm').exec(markdown)?.[1] ?? '';
  const lines = table.split('\n').filter((line) => line !== '');
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

type NameOf<T> = [unknown] extends [T]
  ? 'unknown'
  : T extends string
    ? 'string'
    : T extends number
      ? 'number'
      : T extends Date
        ? 'Date'
        : T extends readonly string[]
          ? 'string[]'
          : never;

/** Every event with its fields: the compiler refuses one too many, one too few, or another type. */
const EVENTS: { [E in EventName]: { [F in keyof SignalboxEvents[E]]: NameOf<SignalboxEvents[E][F]> } } = (() => {
  const delivery = {
    deliveryId: 'string',
    emissionId: 'string',
    signal: 'string',
    receiver: 'string',
    attempt: 'number',
    epoch: 'number',
    workerId: 'number',
    queue: 'string',
    at: 'Date',
  } as const;
  const act = { emissionId: 'string', receiver: 'string', deliveryIds: 'string[]', by: 'string', at: 'Date' } as const;
  const errand = { errandId: 'string', act: 'string', by: 'string', at: 'Date' } as const;
  const pause = { receiver: 'string', queue: 'string', by: 'string', at: 'Date' } as const;
  const worker = { workerId: 'number', at: 'Date' } as const;
  const failed = { ...delivery, durationMs: 'number', error: 'unknown' } as const;
  return {
    'emission.stored': { emissionId: 'string', signal: 'string', deliveries: 'number', at: 'Date' },
    'delivery.started': { ...delivery, lagMs: 'number' },
    'delivery.completed': { ...delivery, durationMs: 'number' },
    'delivery.retrying': { ...failed, delayMs: 'number' },
    'delivery.dead': failed,
    'delivery.cancelled': failed,
    'delivery.released': delivery,
    'delivery.stale': delivery,
    'delivery.rescued': { ...delivery, crashes: 'number' },
    'receiver.paused': { ...worker, signal: 'string', receiver: 'string', delayMs: 'number', error: 'unknown' },
    'receiver.resumed': { ...worker, signal: 'string', receiver: 'string', pausedMs: 'number' },
    'operator.retried': act,
    'operator.replayed': act,
    'operator.cancelled': { ...act, reason: 'string' },
    'operator.paused': pause,
    'operator.resumed': pause,
    'operator.retired': { receiver: 'string', by: 'string', at: 'Date' },
    'errand.begun': errand,
    'errand.advanced': { ...errand, done: 'number', skipped: 'number', changed: 'number' },
    'errand.paused': errand,
    'errand.resumed': errand,
    'errand.ended': { ...errand, done: 'number', skipped: 'number', state: 'string' },
    'worker.started': { ...worker, database: 'string', concurrency: 'number', queues: 'string[]', receivers: 'string[]' },
    'worker.idle': worker,
    'worker.lost': { ...worker, newWorkerId: 'number' },
    'worker.failing': { ...worker, error: 'unknown' },
    'worker.recovered': worker,
    'worker.stopping': { ...worker, running: 'number' },
    'worker.stopped': worker,
    'maintenance.failed': { ...worker, task: 'string', error: 'unknown', failures: 'number', delayMs: 'number' },
    'maintenance.pruned': { emissions: 'number', deliveries: 'number', errors: 'number', durationMs: 'number', at: 'Date' },
  };
})();

test('the page of events has exactly the events of the source', async () => {
  const source = await read('src/observe/event-types.ts');
  const declared = [...source.slice(0, source.indexOf('export type EventName')).matchAll(/^ {2}'(\w+\.\w+)':/gm)].map(([, name]) => name!);
  expect(declared).toEqual(Object.keys(EVENTS));
  expect([...sectionsOf(await read('docs/reference/events.md'), '###').keys()]).toEqual(declared);
});

test('the page of events lists the fields of each event, with their types', async () => {
  const found: Record<string, object> = {};
  const fieldsOf = (text: string): Record<string, string> =>
    Object.fromEntries(rowsOf(text, 'field').map(([field, type]) => [field!, type!]));
  for (const text of sectionsOf(await read('docs/reference/events.md'), '##').values()) {
    const common = fieldsOf(text.split('### ', 1)[0]!);
    for (const [event, section] of sectionsOf(text, '###'))
      found[event] = { ...(section.includes('It carries these only:') ? {} : common), ...fieldsOf(section) };
  }
  expect(found).toEqual(EVENTS);
});

test('the examples of the page of events compile', async () => {
  await using project = await createProject();
  await project.write('tsconfig.json', tsconfig({ experimentalDecorators: true }));
  await project.write(
    'shared.ts',
    `import type * as s from 'signalbox';
import type * as z from 'zod';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
declare global {
  const db: PostgresJsDatabase;
  const box: s.Signalbox<PostgresJsDatabase>;
  const payment: s.Signals<'payment', { completed: z.ZodObject<{ paymentId: z.ZodNumber }> }>;
}
`,
  );
  const examples = [...(await read('docs/reference/events.md')).matchAll(/```ts\n([\s\S]*?)```/g)];
  expect(examples.length).toBeGreaterThan(1);
  for (const [index, [, code]] of examples.entries()) await project.write(`example-${index}.ts`, `${code}\nexport {};\n`);
  await project.run('npx tsc -p tsconfig.json');
});

const tablesOnPage = async (): Promise<Map<string, string>> => {
  const sections = sectionsOf(await read('docs/reference/schema.md'), '##');
  return new Map([...sections].filter(([heading]) => heading.startsWith('signalbox.')));
};

/** Indexes, unique and primary keys, and checks: kind and columns by name. */
function constraintsOf(table: PgTable): string[][] {
  const { columns, indexes, uniqueConstraints, primaryKeys, checks } = getTableConfig(table);
  const names = (of: readonly object[]): string => of.map((column) => (column as { name: string }).name).join(', ');
  return [
    ...columns.filter(({ primary }) => primary).map(({ name }) => ['primary key', 'primary key', name]),
    ...primaryKeys.map((key) => [key.getName(), 'primary key', names(key.columns)]),
    ...uniqueConstraints.map((key) => [key.getName()!, 'unique', names(key.columns)]),
    ...indexes.map(({ config }) => [
      config.name!,
      `${config.unique ? 'unique ' : ''}index${config.where ? ', partial' : ''}`,
      names(config.columns as readonly object[]),
    ]),
    ...checks.map(({ name }) => [name, 'check', '']),
  ];
}

test('the page of tables has each table, and each of its columns, indexes and constraints, and no others', async () => {
  const pages = await tablesOnPage();
  expect([...pages.keys()]).toEqual(Object.values(tables).map((table) => `${getTableConfig(table).schema}.${getTableConfig(table).name}`));
  for (const [key, table] of Object.entries(tables)) {
    const { name, columns } = getTableConfig(table);
    const page = pages.get(`signalbox.${name}`)!;
    expect(page).toContain(`In code: \`${key}\`.`);
    const rows = rowsOf(page, 'column');
    expect(rows.map((row) => row.slice(0, 4))).toEqual(
      columns.map((column) => [
        column.name,
        column.getSQLType(),
        column.notNull ? '' : 'null',
        column.hasDefault || column.generatedIdentity ? 'yes' : '',
      ]),
    );
    const constraints = rowsOf(page, 'index or constraint');
    expect(constraints.map((row) => row.slice(0, 3))).toEqual(constraintsOf(table));
    expect([...rows, ...constraints].filter((row) => row.at(-1) === '')).toEqual([]);
  }
});

test('the page of tables lists the states that the database accepts', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  const pages = await tablesOnPage();
  for (const table of ['delivery', 'settled']) {
    const [check] = await sql`select pg_get_constraintdef(oid) as text from pg_constraint where conname = ${`${table}_state`}`;
    const states = [...(check!['text'] as string).matchAll(/'(\w+)'/g)].map(([, state]) => state);
    expect(rowsOf(pages.get(`signalbox.${table}`)!, 'state').map(([state]) => state)).toEqual(states);
  }
});

test('the queries of the page of tables run', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  const queries = [...(await read('docs/reference/schema.md')).matchAll(/```sql\n([\s\S]*?)```/g)];
  expect(queries.length).toBeGreaterThan(0);
  for (const [, query] of queries) await sql.unsafe(query!);
});

test('every page is in the sidebar, once', async () => {
  const listed = groups.flatMap(({ pages }) => Object.keys(pages)).filter((file) => !file.startsWith(GENERATED));
  expect(listed.sort()).toEqual(await writtenPages());
});

test('llms.txt has a title, a summary, and every page with a line of its own', async () => {
  const pages = await readPages();
  const text = llmsTxt(pages);
  expect(text).toMatch(/^# Signalbox\n\n> \S.{200,}\n/);
  for (const { path: file, title, description } of pages) expect(text.split('\n')).toContain(`- [${title}](${file}): ${description}`);
  expect(pages.map(({ path: file }) => file).sort()).toEqual(await writtenPages());
  expect(pages.filter(({ description }) => !/^.{20,120}\.$/.test(description))).toEqual([]);
});

test('llms-full.txt has the whole text of every page, with its included files', async () => {
  const text = llmsFullTxt(await readPages());
  for (const file of await writtenPages()) expect(text).toContain(`<!-- ${file} -->\n`);
  expect(text).toContain('## What is guaranteed');
  const code = [...(await read('docs/getting-started.md')).matchAll(/```[\s\S]*?```/g)];
  for (const [block] of code) expect(text).toContain(block);
});

test('links of pages lead to pages of the site; a target that is not on the site is not linked', () => {
  expect(siteLink('guides/ways.md', '../getting-started.md#2-tables')).toBe('../getting-started.md#2-tables');
  expect(siteLink('guides/ways.md', '../../README.md#what-is-guaranteed')).toBe('../index.md#what-is-guaranteed');
  expect(siteLink('guides/ways.md', '../../examples/demo/main.ts')).toBeUndefined();
  expect(siteLink('index.md', 'docs/reference/cli.md')).toBe('./reference/cli.md');
  expect(siteLink('index.md', 'CONTRIBUTING.md')).toBeUndefined();
  expect(siteLink('concepts.md', '#words')).toBe('#words');
  expect(siteLink('concepts.md', 'https://nodejs.org/')).toBe('https://nodejs.org/');
  expect(rewriteLinks('index.md', 'See [it](docs/a.md), [that](examples/b), `[code](docs/a.md)`.')).toBe(
    'See [it](./a.md), that, `[code](docs/a.md)`.',
  );
});

test('a link of the built site to no page, or to no heading of it, is found', () => {
  const page = (href: string): Map<string, string> =>
    new Map([
      ['index.html', '<h1 id="top">Top</h1>'],
      ['guides/a.html', `<h1 id="a">A</h1><a class="b" href="${href}">b</a>`],
    ]);
  for (const href of ['/', '/#top', '#a', '/guides/a.html#a', './a.html', 'https://nodejs.org/']) expect(deadLinks(page(href))).toEqual([]);
  for (const href of ['/b.html', '/#a', '#b', './b.html']) expect(deadLinks(page(href))).toEqual([`guides/a.html -> ${href}`]);
});

test('the lockfile of the site names no download address, and has every optional package of other platforms', async () => {
  const text = await read('docs/site/package-lock.json');
  expect(text).not.toMatch(/"resolved"/);
  const { packages } = JSON.parse(text) as { packages: Record<string, { optionalDependencies?: Record<string, string> }> };
  const present = new Set(Object.keys(packages).map((key) => key.split('node_modules/').at(-1)));
  const optional = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  expect(optional.filter((name) => !present.has(name))).toEqual([]);
  expect(optional.length).toBeGreaterThan(20);
});
