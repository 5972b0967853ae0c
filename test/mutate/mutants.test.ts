// The list of mutants itself: each mutant still fits the source, and every statement has one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exportedConstants, type Mutant, mutate } from './mutant.ts';
import { mutants } from './mutants.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');

test('each guard that a mutant removes is still there, as often as the mutant says', () => {
  for (const mutant of mutants) expect(mutate(read(mutant.file), mutant)).not.toBe(read(mutant.file));
});

test('each mutant has a unique name, and tests that exist', () => {
  const names = mutants.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  const missing = mutants.flatMap(({ name, tests }) =>
    tests.filter((path) => !existsSync(`${root}${path}`)).map((path) => `${name}: ${path}`),
  );
  expect(missing).toEqual([]);
});

const filesIn = (folder: string): string[] =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
const filesOf = (room: string): string[] => filesIn(`src/${room}`);

/** The text in which the titles of a test stand: its own, or that of its folder, for a suite of cases. */
const titlesIn = (path: string): string => {
  const suite = path.endsWith('.ts') ? /^test\/conformance/.exec(path)?.[0] : path;
  return (suite ? filesIn(suite) : [path]).map(read).join('\n');
};

/** Whether a text has a title, or both parts of one: of a `describe` and its test, or of a case and its row. */
function hasTitle(text: string, title: string): boolean {
  const words = title.split(' ');
  return words.some((_word, at) => [words.slice(0, at), words.slice(at)].every((part) => text.includes(part.join(' '))));
}

test('each mutant that runs only some tests of a file names tests that exist', () => {
  const missing = mutants.flatMap(({ name, tests, named }) => {
    const text = tests.map(titlesIn).join('\n');
    return (named?.split('|') ?? []).filter((title) => !hasTitle(text, title)).map((title) => `${name}: ${title}`);
  });
  expect(missing).toEqual([]);
});

/** Constants that are only parts of statements, or no statements. */
const NO_STATEMENTS = new Set(['FORGET_RECEIVERS_AFTER']);

test.each(filesOf('store').filter((file) => exportedConstants(read(file)).length > 0))(
  'each statement of %s has a mutant that a test must find',
  (file) => {
    const changed = new Set<string | undefined>();
    for (const mutant of mutants) if (mutant.file === file && mutant.equivalent === undefined) changed.add(mutant.within);
    expect(exportedConstants(read(file)).filter((name) => !NO_STATEMENTS.has(name) && !changed.has(name))).toEqual([]);
  },
);

/** Rooms whose files guard something, and the files in them that guard nothing. */
const ROOMS = ['store', 'drivers', 'transaction', 'dispatch', 'operate', 'liveness', 'maintenance', 'worker', 'box'];
const WITHOUT_GUARDS: Record<string, string> = {
  'src/store/catalogue/announcing.ts': 'how the statements of the catalogue follow one another, whose mutants show it',
  'src/store/catalogue/catalogue-store.ts': 'parameters of the statements of the catalogue',
  'src/store/catalogue/pause.ts': 'parameters of the statements of pauses',
  'src/store/errands/errand.ts': 'types',
  'src/store/errands/errands-store.ts': 'parameters of the statements of errands',
  'src/box/operating.ts': 'the parts with which operators act',
  'src/store/audit/audit.ts': 'parameters of the statements of the audit',
  'src/store/catalogue/unserved.ts': 'words for what catalogue/unserved.sql.ts finds',
  'src/store/emissions/emissions.ts': 'parameters of append',
  'src/store/testing/rows.ts': 'parameters of the statements beside it',
  'src/store/operations/status.ts': 'the same of status',
  'src/store/operations/details.ts': 'parameters of the statements of details',
  'src/store/schema/schema.ts': 'the tables: drizzle-kit, and the test of migrations',
  'src/store/schema/operating-tables.ts': 'the same',
  'src/store/schema/tally-tables.ts': 'the same',
  'src/store/tallies/tallies.ts': 'parameters of the statements of tallies',
  'src/store/schema/columns.ts': 'kinds of columns',
  'src/store/deliveries/settle-columns.ts': 'columns of results',
  'src/store/schema/tuning.ts': 'settings of tables, which the check of a run reads',
  'src/store/doctor/doctor-store.ts': 'parameters of the statements of doctor/',
  'src/store/doctor/table-shape.ts': 'words for what the catalogs say, which expected-schema.test.ts compares',
  'src/store/doctor/expected-schema.ts': 'the tables, compared with a new database',
  'src/store/doctor/remedies.ts': 'SQL for people',
  'src/operate/doctor/finding.ts': 'words for numbers',
  'src/drivers/driver.ts': 'types',
  'src/drivers/place.ts': 'what a log says of the database',
  'src/drivers/postgres-js-connection.ts': 'the end of a connection; its callers and their timing have mutants',
  'src/drivers/statement.ts': 'how rows are read: the clients that change them (hostile-clients.test.ts)',
  'src/transaction/drizzle-handle.ts': 'where Drizzle keeps what is needed of it',
  'src/maintenance/task.ts': 'options, held by the table of core/options.ts',
  'src/dispatch/emission-id.ts': 'random ids',
  'src/worker/running/delivery-context.ts': 'what a receiver is given',
  'src/worker/running/new-runner.ts': 'the parts of runners',
  'src/box/box.ts': 'the interface',
  'src/box/open-box.ts': 'which part each verb is of',
  'src/worker/options.ts': 'options, held by the table of core/options.ts',
  'src/worker/running/receiver-call.ts': 'types',
  'src/worker/running/run.ts': 'what the steps of a run hand on',
};

test.each(ROOMS)('each file of %s has a mutant that a test must find, or is known to guard nothing', (room) => {
  const changed = new Set(mutants.filter(({ equivalent }) => equivalent === undefined).map(({ file }) => file));
  expect(filesOf(room).filter((file) => !changed.has(file) && !(file in WITHOUT_GUARDS))).toEqual([]);
  for (const file of Object.keys(WITHOUT_GUARDS)) expect([file, existsSync(root + file), changed.has(file)]).toEqual([file, true, false]);
});

const about: Mutant = { name: 'a guard', file: 'a file', find: 'guard', replace: '', tests: [] };

test.each([
  ['has gone', 'nothing', about],
  ['is there more often', 'guard guard', about],
  ['is there less often', 'guard', { ...about, count: 2 }],
  ['is elsewhere', 'const one = `x`\nconst two = `guard`\n', { ...about, within: 'one' }],
  ['was in something that has gone', 'const one = `guard`\n', { ...about, within: 'two' }],
])('a mutant whose text %s is refused by name', (_what, text, mutant) => {
  expect(() => mutate(text, mutant)).toThrow('a guard');
});

test('a mutant of one constant leaves the same text elsewhere alone', () => {
  const text = 'export const one = `guard a guard`;\n\n/** Next. */\nconst two = `guard`;\n';
  expect(mutate(text, { ...about, within: 'one', count: 2, replace: '-' })).toBe(
    'export const one = `- a -`;\n\n/** Next. */\nconst two = `guard`;\n',
  );
});
