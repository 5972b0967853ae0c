// The default logger of a box: its level, also in a process that runs a worker.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { defaultLogger, raiseToInfo, silentLogger } from '../../src/observe/log.ts';
import { recordingLogger } from '../support/log.ts';

afterEach(() => void vi.unstubAllEnvs());

test.each<[environment: string | undefined, level: string, inWorker: string]>([
  [undefined, 'warn', 'info'],
  ['debug', 'debug', 'debug'],
  ['info', 'info', 'info'],
  ['warn', 'warn', 'warn'],
  ['error', 'error', 'error'],
  ['silent', 'silent', 'silent'],
  ['', 'warn', 'info'],
  ['WARN', 'warn', 'warn'],
  ['Debug', 'debug', 'debug'],
])('with SIGNALBOX_LOG_LEVEL %j the default logger is at %s, and at %s in a worker', (environment, level, inWorker) => {
  vi.stubEnv('SIGNALBOX_LOG_LEVEL', environment);
  const log = defaultLogger();
  expect(log.level).toBe(level);
  raiseToInfo(log);
  expect(log.level).toBe(inWorker);
});

test.each(['loud', 'trace', 'verbose', 'warning', ' info', '1'])(
  'SIGNALBOX_LOG_LEVEL %j is refused, with the levels that there are',
  (environment) => {
    vi.stubEnv('SIGNALBOX_LOG_LEVEL', environment);
    expect(() => defaultLogger()).toThrow(
      expect.objectContaining({
        code: 'InvalidOption',
        message: expect.stringContaining("Give 'debug', 'info', 'warn', 'error' or 'silent'") as string,
      }),
    );
  },
);

test('the logger of a user is not changed, with a level or without', () => {
  vi.stubEnv('SIGNALBOX_LOG_LEVEL', undefined);
  const plain = recordingLogger().log;
  raiseToInfo(plain);
  expect(plain).not.toHaveProperty('level');
  const leveled = { ...recordingLogger().log, level: 'warn' };
  raiseToInfo(leveled);
  expect(leveled.level).toBe('warn');
});

test('the silent logger has every method, and its children are silent too', () => {
  const child = silentLogger.child({ a: 1 });
  for (const log of [silentLogger, child])
    for (const level of ['debug', 'info', 'warn', 'error'] as const) expect(log[level]({ a: 1 }, 'text')).toBeUndefined();
  expect(child).toBe(silentLogger);
});

const source = fileURLToPath(new URL('../../src/observe/log.ts', import.meta.url));

/** Returns the text that a separate process without a terminal writes to standard error and standard output. */
async function written(program: string, level: string): Promise<{ lines: Record<string, unknown>[]; stdout: string }> {
  const code = `import { defaultLogger } from ${JSON.stringify(source)}; const log = defaultLogger(); ${program}`;
  const { stderr, stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', '@oxc-node/core/register', '--input-type=module', '--eval', code],
    { env: { ...process.env, SIGNALBOX_LOG_LEVEL: level } },
  );
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return { lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), stdout };
}

test('the default logger writes JSON to standard error, from its level up', async () => {
  const program = `for (const level of ['debug', 'info', 'warn', 'error']) log[level]({ level: undefined, of: level }, 'text');`;
  const { lines, stdout } = await written(program, 'warn');
  expect(lines).toMatchObject([
    { name: 'signalbox', of: 'warn', msg: 'text' },
    { name: 'signalbox', of: 'error', msg: 'text' },
  ]);
  expect(stdout).toBe('');
});

test('the default logger writes the message, stack and code of an error, and not the parameters of its query', async () => {
  const program = `
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (card)=(hunter2) already exists.' });
    const params = ['hunter2', 1];
    const failed = new Error('Failed query: insert into cards values ($1, $2)\\nparams: ' + params, { cause });
    log.error({ err: Object.assign(failed, { query: 'insert', params }) }, 'dead A.x');`;
  const { lines } = await written(program, 'error');
  expect(lines).toMatchObject([{ msg: 'dead A.x', err: { type: 'Error', code: '23505' } }]);
  const { message, stack } = lines[0]!['err'] as { message: string; stack: string };
  expect(message).toMatch(/Failed query: insert into cards.*duplicate key/s);
  expect(stack).toContain('duplicate key');
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});
