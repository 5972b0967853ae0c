// The safe form of a user's logger: it never throws, and writes errors as bounded reports.
import { DrizzleQueryError } from 'drizzle-orm';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Logger } from '../../src/index.ts';
import { safeLogger } from '../../src/observe/safe-log.ts';
import { recordingLogger } from '../support/log.ts';

const SECRET = 'hunter2';
const failed = new DrizzleQueryError('insert into cards values ($1)', [SECRET], new Error('duplicate key'));

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
let warnings: Error[];
const heed = (warning: Error): void => void warnings.push(warning);
beforeEach(() => {
  warnings = [];
  rejections.length = 0;
  process.on('unhandledRejection', note).on('warning', heed);
});
afterEach(() => void process.off('unhandledRejection', note).off('warning', heed));

/** Waits until floating promises would be noticed. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const full = new Error('ENOSPC: no space left on device, write');
const fail = (): never => {
  throw full;
};
const failing = { debug: fail, info: fail, warn: fail, error: fail, child: fail } as Logger;
const reject = (): never => Promise.reject(full) as never;
const rejecting: Logger = { debug: reject, info: reject, warn: reject, error: reject, child: () => rejecting };
const adopt = (): never =>
  // oxlint-disable-next-line unicorn/no-thenable -- it is what is tested
  Object.defineProperty({}, 'then', { value: (_done: unknown, lost: (error: Error) => void) => lost(full) }) as never;
const thenables: Logger = { debug: adopt, info: adopt, warn: adopt, error: adopt, child: () => thenables };
const unreadable = new Proxy({}, { get: fail, has: fail }) as Logger;

/** Writes a line of each level, to the logger and to its children. */
function writeAll(log: Logger): void {
  const child = log.child({ a: 1 });
  for (const one of [log, child, child.child({ b: 2 })])
    for (const level of ['debug', 'info', 'warn', 'error'] as const) expect(one[level]({ err: failed, c: 3 }, 'text')).toBeUndefined();
}

test.each([
  ['throws', failing],
  ['throws in its children', { ...recordingLogger().log, child: () => failing }],
  ['rejects', rejecting],
  ['answers with a thenable that rejects', thenables],
  ['cannot be read', unreadable],
])('a logger that %s disturbs no work, and is reported once', async (_what, given) => {
  writeAll(safeLogger(given));
  await turn();
  expect(rejections).toEqual([]);
  expect(warnings.map(({ name, message }) => `${name}: ${message}`)).toEqual([
    `SignalboxWarning: The logger of a box failed, so lines of its log are lost: ${full.message}`,
  ]);
});

test('a child that lacks methods, or is no logger, disturbs no work', async () => {
  const { log } = recordingLogger();
  for (const child of [{}, { info: 1, child: null }, undefined, 'x']) writeAll(safeLogger({ ...log, child: () => child as never }));
  await turn();
  expect([rejections, warnings]).toEqual([[], []]);
});

test('a logger without child, as console, gets lines with the same fields', () => {
  const { log, lines } = recordingLogger();
  const { child: _child, ...plain } = log;
  const child = safeLogger(plain).child({ deliveryId: '7' });
  child.info({ n: 1 }, 'one');
  child.child({ part: 'x' }).warn({ n: 2 }, 'two');
  (child.error as unknown as (message: string) => void)('as pino takes it');
  expect(lines).toEqual([
    { level: 'info', fields: { deliveryId: '7', n: 1 }, message: 'one' },
    { level: 'warn', fields: { deliveryId: '7', part: 'x', n: 2 }, message: 'two' },
    { level: 'error', fields: { deliveryId: '7' }, message: 'as pino takes it' },
  ]);
});

test('the level of a logger may change at any time', () => {
  const lines: string[] = [];
  const given = pino({ level: 'error' }, { write: (line) => void lines.push(line) });
  const log = safeLogger(given);
  log.info({}, 'not yet');
  given.level = 'info';
  log.info({}, 'now');
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['now']);
});

const huge = new Error('x'.repeat(3_000_000), { cause: new Error('the reason') });

/** Common loggers, each with the text that it writes for an error. */
const written: Record<string, (write: (text: string) => void) => Logger> = {
  pino: (write) => pino({ level: 'debug' }, { write }),
  'pino without serializers': (write) => pino({ level: 'debug', serializers: { err: (err: unknown) => err } }, { write }),
  'a logger that writes JSON': (write) => {
    const line = (fields: object, msg: string): void => write(JSON.stringify({ ...fields, msg }));
    return { debug: line, info: line, warn: line, error: line, child: () => failing };
  },
};

test.each(Object.entries(written))(
  '%s gets the reason of an error, without parameters, and no more than a few kilobytes',
  (_name, make) => {
    const lines: string[] = [];
    const log = safeLogger(make((line) => void lines.push(line)));
    log.error({ err: failed }, 'failed');
    log.error({ err: huge }, 'huge');
    log.error({ err: 'plain text' }, 'text');
    expect(lines.join()).not.toContain(SECRET);
    expect(lines[0]).toMatch(/Failed query: insert into cards.*duplicate key/);
    expect(lines[0]).toMatch(/at .*safe-log\.test\.ts/);
    expect(lines[1]!.length).toBeLessThan(20_000);
    expect(lines[1]).toContain('the reason');
    expect(lines[2]).toContain('plain text');
  },
);

test('pino gets the type of an error', () => {
  const lines: string[] = [];
  safeLogger(pino({}, { write: (line) => void lines.push(line) })).error({ err: new TypeError('no') }, 'failed');
  expect(JSON.parse(lines[0]!)).toMatchObject({ err: { type: 'TypeError', message: 'no' } });
});

test('loggers that expect an Error get one', () => {
  const { log, lines } = recordingLogger();
  safeLogger(log).error({ err: failed }, 'failed');
  const { err } = lines[0]!.fields as { err: Error };
  expect(err).toBeInstanceOf(Error);
  expect(err).not.toBe(failed);
  expect(err).toMatchObject({ name: 'DrizzleQueryError', message: expect.stringContaining('duplicate key') as string });
});

test("a receiver's own log lines pass unchanged, with all methods of its logger", () => {
  const { log, lines } = recordingLogger();
  const child = safeLogger({
    ...log,
    child: (fields) => Object.assign(log.child(fields), { level: 'info', bindings: () => fields }),
  }).child({
    deliveryId: '7',
  }) as Logger & { level: string; bindings(): object };
  child.error({ err: failed }, 'mine');
  expect(lines).toEqual([{ level: 'error', fields: { deliveryId: '7', err: failed }, message: 'mine' }]);
  child.level = 'debug';
  expect([child.level, child.bindings()]).toEqual(['debug', { deliveryId: '7' }]);
});
