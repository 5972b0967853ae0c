// What is the same for every verb that uses a database: how it says that the database is not there, or lacks the tables,
// to people and to programs. A verb that is not in the list fails the first test.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeProgram } from '../../src/cli/program.ts';
import { pathOf } from '../../src/cli/usage-error.ts';
import { createDatabase } from '../support/database.ts';
import { leavesOf } from './reference/reference.ts';
import { createCliProject } from './support.ts';

const SHOP = fileURLToPath(new URL('../../examples/shop/migrations', import.meta.url));

const ID = '0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55';

/** The shortest valid line of each verb that loads the box. */
const LINES: Record<string, string[]> = {
  worker: ['--once'],
  dashboard: [],
  status: [],
  'deliveries list': [],
  'deliveries show': [ID],
  errors: [],
  'receivers list': [],
  signals: [],
  graph: [],
  workers: [],
  'receivers move': ['Listener.receive', 'Mail.send', '--yes'],
  'receivers retire': ['Listener.receive'],
  retry: ['--state', 'dead', '--yes'],
  replay: ['--state', 'dead', '--yes'],
  cancel: ['--state', 'dead', '--yes'],
  'errands list': [],
  'errands show': [ID],
  'errands pause': [ID],
  'errands resume': [ID],
  'errands stop': [ID],
  prune: [],
  erase: ['--payload', 'a=b', '--yes'],
  'partitions migration': ['--every', 'week'],
  'partitions tend': ['--every', 'week', '--keep', '4'],
  pause: ['Listener.receive'],
  resume: ['Listener.receive'],
  audit: [],
  announce: [],
  'repair sequences': [],
  migrate: ['--folder', SHOP],
};

/** Needs no box. */
const WITHOUT_BOX = ['tuning', 'grants', 'init'];

/** Asks the database only if it is told to. */
const WITHOUT_DATABASE = ['check'];

/** Says in findings of its own what is missing. */
const EXAMINES = ['doctor'];

/** Makes the tables, or sends nothing. */
const WITHOUT_TABLES = ['migrate', 'partitions migration'];

/** Loads the box for its schema alone. */
const SENDS_NOTHING = ['partitions migration'];

const verbs = Object.keys(LINES);
const wordsOf = (verb: string): string[] => [...verb.split(' '), ...LINES[verb]!];

test('each verb is in this list', async () => {
  const program = await makeProgram(() => true);
  const paths = program.commands.flatMap(leavesOf).map((command) => pathOf(command).replace('signalbox ', ''));
  expect([...verbs, ...WITHOUT_BOX, ...EXAMINES, ...WITHOUT_DATABASE].toSorted()).toEqual(paths.toSorted());
});

/** Four processes at a time. */
async function each(some: readonly string[], check: (words: string[]) => Promise<void>): Promise<void> {
  const left = [...some];
  const lane = async (): Promise<void> => {
    for (let verb = left.shift(); verb !== undefined; verb = left.shift()) await check(wordsOf(verb));
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

test('a database that cannot be reached is told by every verb, to people and as a document', { timeout: 300_000 }, async () => {
  await using project = await createCliProject();
  project.environment['DATABASE_URL'] = 'postgres://nobody@127.0.0.1:1/none';
  await each(
    verbs.filter((verb) => !SENDS_NOTHING.includes(verb)),
    async (words) => {
      const told = project.start(...words);
      const document = project.start(...words, '--json');
      expect([words, await told.exitCode, told.answer]).toEqual([words, 1, '']);
      expect([words, told.errors.trim().split('\n').at(-1)]).toEqual([
        words,
        expect.stringMatching(/^signalbox: The database could not be reached: .*\[DatabaseUnreachable\]$/),
      ]);
      expect([words, await document.exitCode]).toEqual([words, 1]);
      expect(document.document).toEqual({
        version: 1,
        error: { code: 'DatabaseUnreachable', message: expect.stringContaining('could not be reached') },
      });
    },
  );
});

test('a database without the tables is told by every verb, with the migration to run', { timeout: 300_000 }, async () => {
  await using project = await createCliProject();
  await using empty = await createDatabase({ migrated: false });
  project.environment['DATABASE_URL'] = empty.url;
  const some = verbs.filter((verb) => !WITHOUT_TABLES.includes(verb));
  await each(some, async (words) => {
    const command = project.start(...words, '--json');
    expect([words, await command.exitCode]).toEqual([words, 1]);
    expect(command.document).toEqual({
      version: 1,
      error: { code: 'MigrationMissing', message: expect.stringContaining('npx drizzle-kit migrate') },
    });
  });
});

test('an option that there is not, and words too many, are invalid for every verb', { timeout: 300_000 }, async () => {
  await using project = await createCliProject();
  await each([...verbs], async (words) => {
    const command = project.start(...words, '--colour', '--json');
    expect([words, await command.exitCode, command.errors]).toEqual([words, 2, '']);
    expect(command.document).toEqual({
      version: 1,
      error: { code: 'CommandLineInvalid', message: expect.stringMatching(/^Unknown option '--colour'/) },
    });
  });
});
