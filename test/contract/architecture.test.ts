// The layout of the source: the imports between rooms, the purity of core, the places of SQL, the names of files. Each
// rule is also tested with a file that breaks it.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../src', import.meta.url));

/**
 * Rooms from the bottom up. A file imports from its own room and from rooms on lower levels: never from a sibling room. A room
 * within a room has a place of its own, or else that of the room around it.
 */
const LEVELS = [
  ['errors.ts', 'version.ts'],
  ['core'],
  ['decorators', 'drivers', 'flow', 'observe'],
  ['container'],
  ['receivers', 'store'],
  ['transaction', 'liveness'],
  ['tallies'],
  ['dispatch', 'operate', 'maintenance'],
  ['worker/running', 'worker/waking'],
  ['worker/claiming'],
  ['worker'],
  ['box'],
  ['signalbox.ts'],
  ['index.ts'],
  ['testing', 'dashboard', 'prometheus'],
  ['cli', 'nest', 'otel', 'schema.ts', 'testing.ts', 'vitest-plugin.ts'],
];

const MOST_LINES = 250;

type Files = ReadonlyMap<string, string>;

/** A file of ours, as a name or as what another file imports. */
const OURS = /\.tsx?$/;

async function readSource(): Promise<Files> {
  const names = (await readdir(root, { recursive: true })).map((name) => name.replaceAll(path.sep, '/')).filter((name) => OURS.test(name));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(path.join(root, name), 'utf8')] as const)));
}

/** The innermost room that has a level. */
function roomOf(file: string): string {
  const [outer, inner] = file.split('/');
  return LEVELS.flat().includes(`${outer}/${inner}`) ? `${outer}/${inner}` : outer!;
}
const levelOf = (room: string): number => LEVELS.findIndex((rooms) => rooms.includes(room));
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

function importsOf(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => specifier!);
  return specifiers.map((specifier) => (specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier));
}

/** A rule returns its violations. */
type Rule = (files: Files) => string[];

const each =
  (broken: (file: string, text: string) => boolean): Rule =>
  (files) =>
    [...files].filter(([file, text]) => broken(file, text)).map(([file]) => file);

const importsRunOneWay: Rule = (files) =>
  [...files].flatMap(([file, text]) =>
    importsOf(file, text)
      .filter((target) => OURS.test(target) && roomOf(target) !== roomOf(file))
      .filter((target) => levelOf(roomOf(file)) < 0 || !(levelOf(roomOf(target)) < levelOf(roomOf(file))))
      .map((target) => `${file} -> ${target}`),
  );

const noCycles: Rule = (files) => {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) return void cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
    if (done.has(file) || !files.has(file)) return;
    // Types do not exist at run time: a circle of types is harmless.
    const values = files.get(file)!.replace(/import type [^;]*;/g, '');
    for (const target of importsOf(file, values)) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  return cycles;
};

/** A clock, randomness, timers, the process: callers pass core the values that it needs. */
const IMPURE =
  /\bDate\.now|\bnew Date\(\)|\bMath\.random|\bperformance\.|\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bprocess\.|\bcrypto\b|\bglobalThis\b/;

const coreIsPure: Rule = each(
  (file, text) =>
    roomOf(file) === 'core' &&
    (importsOf(file, text).some((target) => !OURS.test(target) && !target.startsWith('zod')) || IMPURE.test(withoutComments(text))),
);

/** A literal that begins as a statement does, or that names our tables after a keyword. */
const SQL =
  /^['"`]\s*(select|insert into|update|delete from|with|begin|commit|rollback|savepoint|set local|lock table|notify|listen)\s|\b(from|into|update|join)\s+signalbox\./i;

/** The statements that a driver sends itself because its client has no method for them. */
const OF_A_DRIVER = /^(`listen \$|`begin \$|'commit'$)/;

const sqlStaysInTheStore: Rule = each(
  (file, text) =>
    roomOf(file) !== 'store' &&
    literalsOf(text).some((literal) => SQL.test(literal) && !(roomOf(file) === 'drivers' && OF_A_DRIVER.test(literal))),
);

/**
 * A topic's SQL is in its x.sql.ts, which only the files beside it send; the SQL of other topics may use parts of it.
 */
const sqlStandsByItself: Rule = (files) =>
  [...files].flatMap(([file, text]) => {
    if (roomOf(file) !== 'store' || file.endsWith('.sql.ts')) return [];
    const sql = importsOf(file, text).filter((target) => target.endsWith('.sql.ts'));
    const sent = sql.filter((target) => path.posix.dirname(target) !== path.posix.dirname(file));
    return [...(/\bstatement\(\{/.test(withoutComments(text)) ? [file] : []), ...sent.map((target) => `${file} -> ${target}`)];
  });

const literalsOf = (text: string): string[] =>
  [...withoutComments(text).matchAll(/`[^`]*`|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g)].map(([literal]) => literal);

/** Anything except imports for their effect, exports of names, and their closing lines. */
const MORE_THAN_EXPORTS = /^(?!import '|export (type )?\{|\s+[\w, ]+,$|\} from '|$)/m;

const rules: [name: string, rule: Rule, breaking: Record<string, string>][] = [
  ['imports run one way', importsRunOneWay, { 'core/a.ts': "import { x } from '../store/store.ts';" }],
  ['siblings do not import each other', importsRunOneWay, { 'store/a.ts': "import type { x } from '../receivers/invoke.ts';" }],
  ['nor do rooms within a room', importsRunOneWay, { 'worker/waking/a.ts': "import { x } from '../running/a.ts';" }],
  [
    'the code that runs deliveries does not import the code that claims',
    importsRunOneWay,
    { 'worker/running/a.ts': "import { x } from '../claiming/a.ts';" },
  ],
  ['a new room is given a level', importsRunOneWay, { 'relay/a.ts': "import { x } from '../core/a.ts';" }],
  [
    'no files import each other in a circle',
    noCycles,
    { 'core/a.ts': "import { b } from './b.ts';", 'core/b.ts': "import { a } from './a.ts';" },
  ],
  ['core knows no world outside', coreIsPure, { 'core/a.ts': "import fs from 'node:fs';" }],
  ['core has no clock', coreIsPure, { 'core/a.ts': 'export const now = Date.now();' }],
  ['core draws no numbers', coreIsPure, { 'core/a.ts': 'export const jitter = (): number => Math.random();' }],
  ['core sets no timers', coreIsPure, { 'core/a.ts': 'export const wait = (done: () => void) => setTimeout(done, 1);' }],
  ['SQL stays in the store', sqlStaysInTheStore, { 'worker/a.ts': 'export const q = `delete from signalbox.delivery where id = $1`;' }],
  [
    'statements stand in files of their own',
    sqlStandsByItself,
    { 'store/workers/a.ts': "const a = statement({ n: 'int' })`select 1 as n`;" },
  ],
  [
    'a topic sends its own statements',
    sqlStandsByItself,
    { 'store/workers/a.ts': "import { claim } from '../deliveries/claim.sql.ts';", 'store/deliveries/claim.sql.ts': '' },
  ],
  ['SQL in quotes stays there too', sqlStaysInTheStore, { 'maintenance/a.ts': "export const q = 'select 1';" }],
  ['SQL in pieces stays there too', sqlStaysInTheStore, { 'worker/a.ts': 'export const q = `${head} from signalbox.delivery`;' }],
  [
    // A raw one ends the process if its connection is lost in the middle, on postgres.js.
    'transactions of our own are tracked ones',
    each(
      (file, text) =>
        !['transaction', 'drivers'].includes(roomOf(file)) && /\b(session|pool|client)\.(transaction|begin)\(/.test(withoutComments(text)),
    ),
    { 'store/a.ts': 'await db.session.transaction(async (tx) => tx);' },
  ],
  [
    `no file is longer than ${MOST_LINES} lines`,
    each((_file, text) => text.split('\n').length > MOST_LINES + 1),
    { 'core/a.ts': '\n'.repeat(MOST_LINES + 1) },
  ],
  ['every file has a header', each((_file, text) => !/^(#!.*\n)?\/\/ \S/.test(text)), { 'core/a.ts': 'export {};' }],
  ['no file is named for nothing', each((file) => /(manager|helper|util|common|misc)/i.test(file)), { 'core/util.ts': '' }],
  [
    'the library writes to no console',
    each((file, text) => roomOf(file) !== 'cli' && /console\./.test(withoutComments(text))),
    { 'core/a.ts': 'console.log(1);' },
  ],
  [
    'no type is any',
    each((_file, text) => /(:|\bas|[<,|&(]|=>)\s*any\b(?!['(.:])/.test(withoutComments(text))),
    { 'core/a.ts': 'let a: Map<string, any>;' },
  ],
  [
    'no compiler error is silenced',
    each((_file, text) => /@ts-(ignore|nocheck|expect-error)/.test(text)),
    { 'core/a.ts': '// @ts-ignore' },
  ],
  ['every export is named', each((_file, text) => /^export \*/m.test(text)), { 'index.ts': "export * from './core/signal.ts';" }],
  [
    'index.ts only exports',
    each((file, text) => file === 'index.ts' && MORE_THAN_EXPORTS.test(withoutComments(text).trim())),
    { 'index.ts': "export { a } from './a.ts';\nexport const b = 1;" },
  ],
];

test.each(rules)('%s', async (_name, rule, breaking) => {
  expect(rule(new Map(Object.entries(breaking)))).not.toEqual([]);
  expect(rule(await readSource())).toEqual([]);
});

/** The names in backticks, without a folder's slash. */
const namesIn = (text: string): string[] => Array.from(text.matchAll(/`([\w./-]+?)\/?`/g), ([, name]) => name!);

test('CONTRIBUTING has the same rooms, order and longest file as this test', async () => {
  const page = await readFile(new URL('../../CONTRIBUTING.md', import.meta.url), 'utf8');
  const rooms = page.split('| room of `src` |')[1]!.split('`test/` mirrors')[0]!;
  const order = /^Imports run one way: ((?:.|\n)*?`)\. /m.exec(rooms)![1]!;
  expect(order.split('←').map((names) => namesIn(names).sort())).toEqual(LEVELS.map((names) => names.toSorted()));
  const outer = new Set(LEVELS.flat().map((room) => room.split('/')[0]!));
  expect(
    Array.from(rooms.matchAll(/^\| (`\S+`(?:, `\S+`)*) \|/gm), ([, names]) => namesIn(names!))
      .flat()
      .sort(),
  ).toEqual([...outer].filter((room) => room !== 'index.ts').toSorted());
  expect(page).toContain(`stay under ${MOST_LINES} lines`);
});
