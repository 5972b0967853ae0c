// What the command line says to what it cannot do: what is wrong, and what to do; by its exit code, whose fault it is.
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { createCliProject } from './support.ts';
import { packageVersion } from '../../src/version.ts';

test('wrong command lines end with code 2 and the usage', async () => {
  await using project = await createCliProject();
  const wrong: [args: string[], says: string][] = [
    [[], 'No command was given'],
    [['wroker'], "Unknown command 'wroker'. Did you mean worker?"],
    [['wroker', '--help'], "Unknown command 'wroker'"],
    [['help', 'wroker'], "Unknown command 'wroker'"],
    [['constructor'], "Unknown command 'constructor'."],
    [['worker', '--concurency', '3'], "Unknown option '--concurency'. Did you mean --concurrency?"],
    [['worker', '--onec', '--json=1'], "Unknown option '--onec'. Did you mean --once?"],
    [['--config', 'x', 'worker'], 'The command comes first'],
    [['worker', 'now'], "Too many arguments for 'worker'"],
    [['worker', '--concurrency'], "Option '--concurrency <n>' argument missing"],
    [['worker', '--once', '--watch'], '--once and --watch do not go together'],
    [['worker', '--once', '--', '--json'], 'Too many arguments'],
    ...['many', '0', '1001', '2.5', ''].map((text): [string[], string] => [
      ['worker', '--concurrency', text],
      `--concurrency is "${text}"; give a whole number`,
    ]),
    [['worker', '--queues', 'default,'], '--queues is "default,"'],
  ];
  const commands = wrong.map(([args, says]) => ({ args, says, command: project.start(...args) }));
  for (const { args, says, command } of commands) {
    expect([args, await command.exitCode]).toEqual([args, 2]);
    expect(command.output).toContain(says);
    expect(command.output).toMatch(/\n\nUsage: signalbox .*\n.* --help\n$/);
  }
});

test('help and version are printed', async () => {
  await using project = await createCliProject();
  for (const [args, says] of [
    [['--help'], 'run deliveries until SIGTERM'],
    [['help'], 'run deliveries until SIGTERM'],
    [['worker', '--help'], '--once'],
    [['worker', '-h'], 'Examples:'],
    [['help', 'worker'], 'SIGNALBOX_LOG_LEVEL'],
    [['--version'], packageVersion()],
    [['-v'], packageVersion()],
  ] as const) {
    const command = project.start(...args);
    expect([args, await command.exitCode, command.errors]).toEqual([args, 0, '']);
    expect(command.output).toContain(says);
  }
});

test('with --json an error is a document on standard output, with a code, whatever it is', async () => {
  await using project = await createCliProject();
  await project.write('throws.mjs', 'throw new Error("\u009b31m red")');
  const failing: [args: string[], exitCode: number, error: object][] = [
    [['worker', '--json', '--onec'], 2, { code: 'CommandLineInvalid', message: "Unknown option '--onec'. Did you mean --once?" }],
    [['wroker', '--json'], 2, { code: 'CommandLineInvalid', message: "Unknown command 'wroker'. Did you mean worker?" }],
    [['--json'], 2, { code: 'CommandLineInvalid', message: 'The command comes first, not --json.' }],
    [['worker', '--json', '--watch'], 2, { code: 'CommandLineInvalid', message: expect.stringContaining('a document has an end') }],
    [['announce', '--json', '--config', 'x.ts'], 1, { code: 'ConfigNotFound', message: expect.stringContaining('There is no file') }],
    [['announce', '--json', '--config', 'throws.mjs'], 1, { code: 'ConfigInvalid', message: expect.stringContaining('\u009b31m red') }],
  ];
  for (const [args, exitCode, error] of failing) {
    const command = project.start(...args);
    expect([args, await command.exitCode, command.errors]).toEqual([args, exitCode, '']);
    expect(command.document).toEqual({ version: 1, error });
    expect(command.output).not.toContain('\u009b');
  }
  project.environment['DATABASE_URL'] = 'not a url';
  const foreign = project.start('announce', '--json');
  expect([await foreign.exitCode, foreign.document]).toEqual([
    1,
    { version: 1, error: { code: 'ConfigInvalid', message: expect.any(String) } },
  ]);
});

test('control characters in an error are shown, not obeyed', async () => {
  await using project = await createCliProject();
  await project.write('throws.mjs', 'throw new Error("\u001b[2J\u009b31m red \u202e")');
  const command = project.start('announce', '--config', 'throws.mjs');
  expect(await command.exitCode).toBe(1);
  expect(command.errors).toContain('\\u001b[2J\\u009b31m red \\u202e');
  expect(command.errors).not.toMatch(/\u202e|(?!\n)\p{Cc}/u);
});

test('a missing configuration names the places that were looked in', async () => {
  await using project = await createCliProject();
  await project.run('rm signalbox.config.ts');
  const search = project.start('worker');
  const named = project.start('worker', '--config', 'elsewhere.ts');
  const folder = project.start('worker', '--config', '.');
  expect([await search.exitCode, await named.exitCode, await folder.exitCode]).toEqual([1, 1, 1]);
  expect(folder.output).toMatch(/There is no file .*\[ConfigNotFound\]/);
  expect(search.output).toMatch(/signalbox\.config\.ts, signalbox\.config\.js, signalbox\.config\.mjs.*\[ConfigNotFound\]/);
  expect(named.output).toMatch(/There is no file .*elsewhere\.ts/);
});

test('a configuration that exports no box says what it exports', async () => {
  await using project = await createCliProject();
  for (const [text, says] of [
    ['export const box = 1', 'exports nothing'],
    ['export default { db: 1 }', 'exports an object with db'],
    ['export default () => {}', 'exports a function'],
    ['export default null', 'exports null'],
    ['throw null', 'could not be loaded'],
    ["export default Promise.reject(new Error('no secrets found'))", 'no secrets found'],
    ['export default new Promise(() => {})', 'awaits something that never comes'],
    ['await new Promise(() => {});\nexport default 1;', 'awaits something that never comes'],
  ] as const) {
    await project.write('wrong.mjs', text);
    const command = project.start('worker', '--config', 'wrong.mjs');
    expect(await command.exitCode).toBe(1);
    expect(command.output).toContain(says);
    expect(command.output).toContain('[ConfigInvalid]');
  }
});

test('a configuration that throws is shown with the place where it threw', async () => {
  await using project = await createCliProject();
  const text = "export const db = 1;\nthrow new TypeError('DATABASE_URL is not set', { cause: new Error('no .env') });";
  await project.write('database.js', text);
  const command = project.start('worker');
  expect(await command.exitCode).toBe(1);
  expect(command.output).toMatch(/signalbox\.config\.ts could not be loaded: DATABASE_URL is not set/);
  expect(command.output).toMatch(/at .*database\.js:2/);
  expect(command.output).toContain('Caused by: Error: no .env');
});

test('a circle of imports is told by name, with the way out of it', async () => {
  await using project = await createCliProject();
  await project.write('one.mjs', "import { two } from './two.mjs';\nexport const one = 1;\nexport { two };");
  await project.write('two.mjs', "import { one } from './one.mjs';\nexport const two = one + 1;");
  await project.write('circle.mjs', "import { two } from './one.mjs';\nexport default two;");
  const command = project.start('worker', '--config', 'circle.mjs');
  expect(await command.exitCode).toBe(1);
  expect(command.output).toMatch(/Cannot access 'one' before initialization\. Two files most likely import each other.*\[ConfigInvalid\]/);
});

test.each(['announce', 'migrate'])('%s ends with code 1 when the configuration never settles', async (verb) => {
  await using project = await createCliProject();
  await project.write('never.mjs', 'export default new Promise(() => {})');
  const command = project.start(verb, '--config', 'never.mjs', ...(verb === 'migrate' ? ['--folder', 'x'] : []));
  expect(await command.exitCode).toBe(1);
  expect(command.output).toContain('[ConfigInvalid]');
});

test('a level of the log that there is not is refused', async () => {
  await using project = await createCliProject();
  project.environment['SIGNALBOX_LOG_LEVEL'] = 'verbose';
  const command = project.start('worker', '--once');
  expect(await command.exitCode).toBe(1);
  expect(command.output).toContain('SIGNALBOX_LOG_LEVEL: the level is "verbose"');
});

test('without a TypeScript loader it says which one to install', async () => {
  await using project = await createCliProject({ without: ['@oxc-node/core'] });
  const command = project.start('worker');
  expect(await command.exitCode).toBe(1);
  expect(command.output).toMatch(/npm install @oxc-node\/core.*\[LoaderMissing\]/);
});

test('standard decorators in TypeScript are answered with what to do', async () => {
  await using project = await createCliProject();
  await project.write('tsconfig.json', JSON.stringify({ compilerOptions: { target: 'ES2022', module: 'NodeNext' } }));
  const command = project.start('worker');
  expect(await command.exitCode).toBe(1);
  expect(command.output).toContain('experimentalDecorators');
});

test('a mistake beside a decorator is shown in full, and nothing is said of tsconfig.json', async () => {
  await using project = await createCliProject();
  await project.write('services.ts', "import { Service } from 'signalbox';\n@Service()\nexport clas Listener {}\n");
  const command = project.start('worker');
  expect(await command.exitCode).toBe(1);
  expect(command.output).toMatch(
    /Failed to parse .*services\.ts: .*Unexpected token\. Run npx tsc --noEmit: it shows the line\. \[ConfigInvalid\]\n/,
  );
  expect(command.output).not.toContain('experimentalDecorators');
});

test.each([
  ['an unreachable database', { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' }, 'could not be reached'],
  ['a URL that is none', { DATABASE_URL: 'not a url' }, 'Invalid URL'],
])('%s ends the worker with a message', async (_what, environment, says) => {
  await using project = await createCliProject();
  Object.assign(project.environment, environment);
  const command = project.start('worker');
  expect(await command.exitCode).toBe(1);
  expect(command.output).toContain(says);
});

test('a user or a database that is not there, and missing tables, each say so', async () => {
  await using project = await createCliProject();
  await using empty = await createDatabase({ migrated: false });
  const url = new URL(project.database.url);
  const urls: [url: string, says: RegExp][] = [
    // Which of the two it says is decided by the server's authentication.
    [
      Object.assign(new URL(url), { username: 'signalbox_nobody' }).href,
      /could not be reached: (password authentication failed|role "signalbox_nobody" does not exist)/,
    ],
    [Object.assign(new URL(url), { pathname: '/absent' }).href, /could not be reached: database "absent" does not exist/],
    [empty.url, /npx drizzle-kit generate && npx drizzle-kit migrate/],
  ];
  for (const [DATABASE_URL, says] of urls) {
    Object.assign(project.environment, { DATABASE_URL });
    const command = project.start('worker', '--once');
    expect(await command.exitCode).toBe(1);
    expect(command.output).toMatch(says);
  }
});

test('a queue without receivers and a pool that is too small are refused', async () => {
  await using project = await createCliProject();
  const queue = project.start('worker', '--queues', 'mial');
  expect(await queue.exitCode).toBe(1);
  expect(queue.output).toMatch(/no receiver is in the queue mial\. The queues are: default, mail/);
  const pool = project.start('worker', '--concurrency', '50');
  expect(await pool.exitCode).toBe(1);
  expect(pool.output).toContain('[PoolTooSmall]');
});
