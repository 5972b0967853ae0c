// Decides whether a failed transaction is the fault of its receiver, as a table.
import { expect, test } from 'vitest';
import { Discard, SignalboxError } from '../../../src/index.ts';
import { type Failure, faultOf } from '../../../src/worker/running/fault.ts';

const coded = (code: string): Error => Object.assign(new Error(code), { code });
const kind = (failure: Partial<Failure>): string => {
  const fault = faultOf({ phase: 'begin', error: undefined, query: undefined, isolated: false, ...failure });
  return fault.kind === 'conflict' ? `conflict${fault.charged ? ', charged' : ''}` : fault.kind;
};

// Errors of the network, TLS, the process, a role, the server, a pooler, a deploy.
const SURROUNDINGS =
  'EMFILE ENETDOWN EADDRNOTAVAIL CERT_HAS_EXPIRED 28P01 28000 3D000 25006 26000 42P05 42501 42P01 53300 53100 58030 58P01 57P05 55000 XX000 XX001 F0000 P0001 0A000'.split(
    ' ',
  );

test.each(SURROUNDINGS)('%s: before the receiver is called it costs no attempt', (code) => {
  expect(kind({ error: coded(code) })).toBe('surroundings');
  expect(kind({ error: new Error('Failed query', { cause: coded(code) }) })).toBe('surroundings');
});

test.each([new Error('a bug'), 'text', undefined, new SignalboxError('MigrationMissing', 'x', { details: { missing: [] } })])(
  'an error without a code, before the receiver is called, costs no attempt: %s',
  (error) => expect(kind({ error })).toBe('surroundings'),
);

test.each(['22P02', '22003', '23505', '23514', '54000'])('%s is about the row itself, before the call and after it', (code) => {
  expect([kind({ error: coded(code) }), kind({ phase: 'end', error: coded(code) })]).toEqual(['receiver', 'receiver']);
});

test.each(['40001', '40P01'])('%s of a statement of Signalbox, or of COMMIT, is a conflict that costs nothing', (code) => {
  for (const phase of ['begin', 'end', 'commit'] as const) expect(kind({ phase, error: coded(code) })).toBe('conflict');
});

test.each(['40001', '40P01'])('%s that the receiver throws is its own, unless it asked for isolation', (code) => {
  expect(kind({ phase: 'call', error: coded(code) })).toBe('receiver');
  expect(kind({ phase: 'call', error: coded(code), isolated: true })).toBe('conflict, charged');
  // The receiver may throw any error because of it.
  expect(kind({ phase: 'call', error: new Error('not booked'), query: coded(code), isolated: true })).toBe('conflict, charged');
  expect(kind({ phase: 'call', error: new Discard('not wanted'), query: coded(code), isolated: true })).toBe('receiver');
  const swallowed = new SignalboxError('TransactionFailed', 'x', { cause: coded(code) });
  expect(kind({ phase: 'commit', error: swallowed })).toBe('receiver');
  expect(kind({ phase: 'commit', error: swallowed, isolated: true })).toBe('conflict, charged');
});

test('an extension that prevented the call of the receiver costs no attempt, whatever its error', () => {
  const failed = (cause: unknown): string => kind({ phase: 'call', error: new SignalboxError('ExtensionFailed', 'x', { cause }) });
  expect([new Error('a bug'), coded('23505'), coded('40001'), coded('55P03')].map(failed)).toEqual([
    'surroundings',
    'surroundings',
    'conflict',
    'passing',
  ]);
  const misused = new SignalboxError('ExtensionMisused', 'x');
  expect(kind({ phase: 'call', error: misused })).toBe('receiver');
});

test.each(['55P03', '57014'])('%s passes by itself', (code) => {
  for (const phase of ['begin', 'end'] as const) expect(kind({ phase, error: coded(code) })).toBe('passing');
});

test.each(['58030', 'XX000', '25006', '53100', '42501'])('%s at the last statements of a batch costs no attempt', (code) => {
  expect(kind({ phase: 'end', error: coded(code) })).toBe('surroundings');
});

test("a failed query before the last statements of a batch is the receiver's fault, and so are its changes to the tables", () => {
  expect(kind({ phase: 'end', error: coded('25P02') })).toBe('receiver');
  expect(kind({ phase: 'end', error: new Error('taken') })).toBe('receiver');
});

test("a COMMIT that fails by the receiver's writes is its fault, and one that fails by the server's condition is not", () => {
  for (const code of ['23503', '23505', 'P0001', '22012']) expect(kind({ phase: 'commit', error: coded(code) })).toBe('receiver');
  for (const code of ['53100', '58030', 'XX000', '57P05']) expect(kind({ phase: 'commit', error: coded(code) })).toBe('surroundings');
  expect(kind({ phase: 'commit', error: new SignalboxError('InvalidPayload', 'of an emit that was not awaited') })).toBe('receiver');
});

test('any error that the receiver throws is its own', () => {
  for (const code of ['58030', '53100', 'ECONNREFUSED', '55P03']) expect(kind({ phase: 'call', error: coded(code) })).toBe('receiver');
});
