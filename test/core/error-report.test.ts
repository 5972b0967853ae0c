// errorReport, the stored and logged text of a thrown value: it has the reason and no parameters, is bounded, and
// making it never throws.
import vm from 'node:vm';
import { DrizzleQueryError } from 'drizzle-orm';
import { DrizzleQueryError as DrizzleQueryError1 } from 'drizzle-orm-1';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ErrorReport, errorReport } from '../../src/core/error-report.ts';
import { SignalboxError } from '../../src/errors.ts';

const SECRET = '4222-2222-hunter2';
const text = (told: ErrorReport): string => Object.values(told).join('\n');

/** As the drivers make them. */
const ofDatabase = (message: string, members: object): Error =>
  Object.assign(new Error(message), {
    severity: 'ERROR',
    detail: `Key (card)=(${SECRET}) already exists.`,
    where: SECRET,
    parameters: [SECRET],
    ...members,
  });
const duplicate = ofDatabase('duplicate key value violates unique constraint "card_pkey"', {
  code: '23505',
  constraint: 'card_pkey',
  table: 'card',
});
const QUERY = 'insert into "card" ("id") values ($1)';

const withoutStack = Object.assign(new RangeError('no stack'), { stack: undefined });
const unwilling = {
  toJSON: () => {
    throw new Error('not me');
  },
};

test.each<[what: string, thrown: unknown, message: string]>([
  ['a text', 'no', 'no'],
  ['an empty text', '', ''],
  ['undefined', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a number', 404, '404'],
  ['NaN', NaN, 'NaN'],
  ['a bigint', 12n, '12'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['a function', function gone() {}, 'function gone'],
  ['an object', { code: 7 }, '{"code":7}'],
  ['an object without prototype', Object.create(null), '{}'],
  ['an object with a bigint', { code: 1n }, '{"code":"1"}'],
  ['an object whose toJSON throws', unwilling, '{"toJSON":"…"}'],
  [
    'the answer of a server',
    { status: 409, statusText: 'Conflict', ok: false, body: { card: SECRET }, url: SECRET },
    '{"status":409,"statusText":"Conflict","ok":"…","body":"…","url":"…"}',
  ],
  ['an object that holds another', { error: { card: SECRET }, code: null }, '{"error":"…","code":null}'],
  ['a payload', { card: SECRET, amount: 12 }, '{"card":"…","amount":"…"}'],
  ['a list', ['a', 1, [SECRET]], '[3 items]'],
  ['bytes', Buffer.from(SECRET), '[bytes]'],
  ['a text that jsonb refuses', 'a\u0000b\udc00', 'ab\ufffd'],
])('the report of %s that is thrown is its text, without a stack', (_what, thrown, message) => {
  expect(errorReport(thrown)).toEqual({ name: 'Thrown', message });
});

const foreign = (code: string): unknown => vm.runInNewContext(code);

test.each<[what: string, thrown: unknown, told: object]>([
  [
    'an error',
    new TypeError('no'),
    { name: 'TypeError', message: 'no', stack: expect.stringMatching(/^TypeError: no\n {4}at /) as string },
  ],
  ['an error of one letter', new Error('E'), { message: 'E', stack: expect.stringMatching(/^Error: E\n {4}at /) as string }],
  ['an error without a stack', withoutStack, { name: 'RangeError', message: 'no stack', stack: 'RangeError: no stack' }],
  ['an error with text that jsonb refuses', new Error('a\u0000b\ud800'), { message: 'ab\ufffd' }],
  ['an error whose name is no text', Object.assign(new Error('x'), { name: 7 }), { name: '7' }],
  ['an error with the longest name', Object.assign(new Error('x'), { name: 'N'.repeat(300) }), { name: `${'N'.repeat(200)}…` }],
  ['an error whose message just fits', new Error('m'.repeat(4_000)), { message: 'm'.repeat(4_000) }],
  ['an error whose message is too long', new Error('m'.repeat(4_001)), { message: `${'m'.repeat(4_000)}…` }],
  ['an error that is cut within a character', new Error('m'.repeat(3_999) + '😀'), { message: `${'m'.repeat(3_999)}\ufffd…` }],
  [
    'an error of a class without a name of its own',
    new (class BookingFailed extends Error {})('full'),
    { name: 'BookingFailed', message: 'full' },
  ],
  [
    'an error of Signalbox',
    new SignalboxError('BoxClosed', 'No.'),
    { name: 'SignalboxError', message: 'No. [BoxClosed]', code: 'BoxClosed' },
  ],
  [
    'an error of another realm',
    foreign(`new TypeError('theirs')`),
    { name: 'TypeError', message: 'theirs', stack: expect.stringContaining('TypeError: theirs\n') as string },
  ],
  ['an error of another realm without a message', foreign('new RangeError()'), { name: 'RangeError', message: '' }],
  ['a cause of another realm', new Error('outer', { cause: foreign(`new Error('theirs')`) }), { message: 'outer: theirs' }],
  ['a DOMException', new DOMException('took too long', 'TimeoutError'), { name: 'TimeoutError', message: 'took too long' }],
  ['an object like an error', { message: 'like one', code: 'E1', details: SECRET }, { name: 'Error', message: 'like one', code: 'E1' }],
  ['an error with a text as its cause', new Error('outer', { cause: 'disk full' }), { message: 'outer: disk full' }],
  ['an error with a code of the system', Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }), { code: 'ECONNREFUSED' }],
  ['an error with a number as its code', Object.assign(new Error('x'), { code: 20 }), { message: 'x' }],
])('%s is reported', (_what, thrown, told) => {
  expect(errorReport(thrown)).toMatchObject(told);
  expect(text(errorReport(thrown))).not.toContain(SECRET);
});

test.each([
  ['0.45', new DrizzleQueryError(QUERY, [SECRET, 1], duplicate)],
  ['1.0', new DrizzleQueryError1(QUERY, [SECRET, 1], duplicate)],
])('the failure of a query of Drizzle %s is reported with its reason, and without its parameters', (_version, failed) => {
  expect(failed.message).toContain(SECRET);
  const told = errorReport(failed);
  expect(told).toMatchObject({
    name: 'DrizzleQueryError',
    message: `Failed query: ${QUERY}: duplicate key value violates unique constraint "card_pkey"`,
    code: '23505',
    constraint: 'card_pkey',
    table: 'card',
    stack: expect.stringMatching(/Failed query.*\n {4}at .*\nCaused by: Error: duplicate key.*\n {4}at /s) as string,
  });
  expect(text(told)).not.toContain(SECRET);
});

test('names that only postgres.js gives are reported in the same way, and omitted from an error that is not of the database', () => {
  const names = { constraint_name: 'card_pkey', table_name: 'card' };
  expect(errorReport(ofDatabase('duplicate', { code: '23505', ...names }))).toMatchObject({ constraint: 'card_pkey', table: 'card' });
  const other = errorReport(Object.assign(new Error('x'), { constraint: SECRET, table: SECRET }));
  expect(Object.keys(other).toSorted()).toEqual(['message', 'name', 'stack']);
});

test.each([
  ['a wrapper that quotes the message', (failed: Error) => new Error(`booking: ${failed.message} (in all)`, { cause: failed })],
  ['a wrapper that quotes the message and drops the error', (failed: Error) => new Error(`booking: ${failed.message}`)],
  ['a wrapper that quotes the stack', (failed: Error) => new Error(failed.stack)],
  ['a message that was changed later', (failed: Error) => Object.assign(failed, { message: 'booking failed' })],
  ['one of several errors', (failed: Error) => new AggregateError([new Error('first'), failed], 'both failed')],
  ['the text of it', (failed: Error) => String(failed)],
])('the report of %s has no parameters', (_what, wrap) => {
  const lines = [SECRET, `${SECRET}\n`, `    at ${SECRET}`];
  expect(text(errorReport(wrap(new DrizzleQueryError(QUERY, lines.slice(0, 2), duplicate))))).not.toContain(SECRET);
});

test.each([
  ['22P02', `invalid input syntax for type integer: "${SECRET}"`, 'invalid input syntax for type integer: "…"'],
  ['22003', `value "${SECRET}" is out of range for type integer`, 'value "…" is out of range for type integer'],
  ['22P02', `invalid input value for enum mood: "a "quoted" ${SECRET}"`, 'invalid input value for enum mood: "…"'],
  ['22P02', `ungültige Eingabesyntax für Typ integer: »${SECRET}«`, 'ungültige Eingabesyntax für Typ integer: "…"'],
  ['22001', 'value too long for type character varying(5)', 'value too long for type character varying(5)'],
  ['42703', 'column "nope" does not exist', 'column "nope" does not exist'],
])('a value that the database quotes (%s) is omitted from the report, a name is not', (code, message, told) => {
  const failed = ofDatabase(message, { code });
  expect(errorReport(failed)).toMatchObject({ message: told, code });
  expect(text(errorReport(new Error(`booking: ${message}`, { cause: failed })))).not.toContain(SECRET);
});

test('the text of a long query is cut, so that the reason remains', () => {
  const { message } = errorReport(new DrizzleQueryError(`select ${'"column", '.repeat(10_000)}`, [SECRET], duplicate));
  expect(message.length).toBeLessThan(500);
  expect(message).toMatch(/^Failed query: select "column".*…: duplicate key value/s);
});

test('the reasons of causes are joined, the nearest first, and a text that was quoted already is not repeated', () => {
  const root = new Error('no room');
  const middle = new Error('not booked: no room', { cause: root });
  expect(errorReport(new Error('the order failed', { cause: middle })).message).toBe('the order failed: not booked: no room');
});

test('the errors inside an error are reported, five of them, with their own reasons', () => {
  const failed = (at: number): Error => new Error(`connect ${at}`, { cause: new Error(`refused ${at}`) });
  expect(errorReport(new AggregateError([failed(1), failed(2)])).message).toBe('connect 1: refused 1; connect 2: refused 2');
  const many = Array.from({ length: 12 }, (_, at) => failed(at));
  expect(errorReport(new AggregateError(many, 'all failed')).message).toMatch(
    /^all failed \(connect 0: refused 0; .*connect 4: refused 4; and 7 more\)$/,
  );
  const suppressed = Object.assign(new Error('while disposing'), { error: new Error('second'), suppressed: new Error('first') });
  expect(errorReport(suppressed).message).toBe('while disposing (first): second');
});

test('the stack in a report includes the causes of the error, the nearest first, five errors in all', () => {
  let error = new Error('level 9');
  for (let level = 8; level >= 0; level--) error = new Error(`level ${level}`, { cause: error });
  const told = errorReport(error).stack!.match(/(Caused by: )?Error: level \d/g);
  expect(told).toEqual(['Error: level 0', ...[1, 2, 3, 4].map((level) => `Caused by: Error: level ${level}`)]);
});

test('a cause is reported even after an error whose text fills the whole stack', () => {
  const { message, stack } = errorReport(new Error('x'.repeat(100_000), { cause: new Error('the reason') }));
  expect(message).toContain('the reason');
  expect(stack).toContain('Caused by: Error: the reason');
});

test('the report of an error that is its own cause, or contains itself, is bounded', () => {
  const endless = new AggregateError([], 'x'.repeat(100_000));
  endless.cause = endless;
  endless.errors.push(endless, endless);
  const { message, stack } = errorReport(endless);
  expect(message.length).toBe(4_001);
  expect(stack!.length).toBeLessThanOrEqual(12_100);
});

test('making its report does not change an error', () => {
  const error = new DrizzleQueryError(QUERY, [SECRET], duplicate);
  const before = [error.message, error.stack, error.cause, duplicate.message, duplicate.stack];
  errorReport(error);
  expect([error.message, error.stack, error.cause, duplicate.message, duplicate.stack]).toEqual(before);
});

const unreadable = (): never => {
  throw new Error('not to be read');
};

test.each(['name', 'message', 'stack', 'cause', 'errors', 'code', 'severity', 'constructor'])(
  'an error whose %s cannot be read is reported by its other properties',
  (part) => {
    const error = Object.defineProperty(new Error('odd', { cause: new Error('why') }), part, { get: unreadable });
    const told = errorReport(error);
    expect(told).not.toMatchObject({ name: 'Thrown' });
    if (part !== 'message') expect(told.message).toContain('odd');
    if (part !== 'cause') expect(told.message).toContain('why');
  },
);

const revoked = (target: object): object => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const never = { has: unreadable, get: unreadable, getPrototypeOf: unreadable, ownKeys: unreadable, getOwnPropertyDescriptor: unreadable };

test.each<[what: string, thrown: unknown]>([
  ['a proxy all of whose traps throw', new Proxy({}, never)],
  ['a proxy of an error all of whose traps throw', new Proxy(new Error('x'), never)],
  ['a revoked proxy', revoked({})],
  ['a revoked proxy of a list', revoked([])],
  ['a revoked proxy of a function', revoked(() => {})],
])('%s has a report', (_what, thrown) => {
  expect(errorReport(thrown)).toEqual({ name: 'Thrown', message: expect.any(String) as string });
  expect(errorReport(new Error('outer', { cause: thrown }))).toMatchObject({ message: 'outer' });
  expect(errorReport(new AggregateError([thrown], 'outer')).message).toContain('outer');
});

test('the report of an endless graph of errors keeps to its bounds', () => {
  let made = 0;
  const endless = (): object => ({
    message: `error ${made++}`,
    get cause() {
      return endless();
    },
    get errors() {
      return new Proxy([], { get: (_list, key) => (key === 'length' ? 1_000_000 : endless()) });
    },
  });
  const told = errorReport(endless());
  expect(told.message.length).toBeLessThanOrEqual(4_001);
  expect(made).toBeLessThan(20_000);
});

const texts = fc.string({ unit: 'binary', maxLength: 300 });
const things = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withTypedArray: true,
});
const failedQueries = fc
  .tuple(texts, fc.array(fc.constantFrom(SECRET, `\n${SECRET}`, `"${SECRET}"`), { minLength: 1 }))
  .map(([query, params]) => new DrizzleQueryError(query.replaceAll('params: ', ''), params, duplicate));
/** The ways in which applications wrap an error. */
const wrapped = fc.letrec<{ error: unknown }>((tie) => ({
  error: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    failedQueries,
    fc.tuple(texts, tie('error')).map(([message, cause]) => new Error(message, { cause })),
    tie('error').map((cause) => new Error(`could not: ${(cause as Error).message}`, { cause })),
    tie('error').map((cause) => new Error(`could not: ${(cause as Error).message}`)),
    fc.array(tie('error'), { maxLength: 8 }).map((errors) => new AggregateError(errors, 'several')),
  ),
})).error;

test('however the failure of a query is wrapped, its report has no parameter', () => {
  fc.assert(
    fc.property(wrapped, (error) => {
      expect(text(errorReport(error))).not.toContain(SECRET);
    }),
  );
});

test('the report of any thrown value is bounded text that jsonb takes, and the same each time', () => {
  const odd = fc
    .record({ name: things, message: things, stack: things, cause: things, errors: things, code: things, severity: things })
    .map((parts) => Object.assign(new Error('odd'), parts));
  const cut = fc.tuple(fc.nat(20_000), texts).map(([length, message]) => new Error(message.repeat(length).slice(0, length)));
  fc.assert(
    fc.property(fc.oneof(things, odd, cut, wrapped), (thrown) => {
      const told = errorReport(thrown);
      expect(told).toEqual(errorReport(thrown));
      expect([told.name.length <= 201, told.message.length <= 4_001, (told.stack ?? '').length <= 12_100]).toEqual([true, true, true]);
      for (const value of Object.values(told) as unknown[])
        expect([typeof value, (value as string).includes('\u0000'), (value as string).isWellFormed()]).toEqual(['string', false, true]);
    }),
  );
});
