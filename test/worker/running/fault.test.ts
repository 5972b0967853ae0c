// Whose fault it is that a receiver's transaction failed, as a table.
import { expect, test } from 'vitest';
import { Discard, SignalboxError } from '../../../src/index.ts';
import { type Failure, faultOf } from '../../../src/worker/running/fault.ts';

const coded = (code: string): Error => Object.assign(new Error(code), { code });
const kind = (failure: Partial<Failure>): string => {
  const fault = faultOf({ phase: 'begin', error: undefined, query: undefined, isolated: false, ...failure });
  return fault.kind === 'conflict' ? `conflict${fault.charged ? ', charged' : ''}` : fault.kind;
};

// Of the network, TLS, the process, a role, the server, a pooler, a deploy.
const SURROUNDINGS =
  'EMFILE ENETDOWN EADDRNOTAVAIL CERT_HAS_EXPIRED 28P01 28000 3D000 25006 26000 42P05 42501 42P01 53300 53100 58030 58P01 57P05 55000 XX000 XX001 F0000 P0001 0A000'.split(
    ' ',
  );

test.each(SURROUNDINGS)('%s: before the receiver is called it costs no attempt', (code) => {
  expect(kind({ error: coded(code) })).toBe('surroundings');
  expect(kind({ error: new Error('Failed query', { cause: coded(code) }) })).toBe('surroundings');
});

test.each([new Error('a bug'), 'text', undefined, new SignalboxError('MigrationMissing', 'x', { details: { missing: [] } })])(
  "what has no code, before the receiver is called, is nobody's attempt: %s",
  (error) => expect(kind({ error })).toBe('surroundings'),
);

test.each(['22P02', '22003', '23505', '23514', '54000'])('%s is about the row itself, before the call and behind it', (code) => {
  expect([kind({ error: coded(code) }), kind({ phase: 'end', error: coded(code) })]).toEqual(['receiver', 'receiver']);
});

test.each(['40001', '40P01'])('%s of a statement of Signalbox, or of COMMIT, is a conflict that costs nothing', (code) => {
  for (const phase of ['begin', 'end', 'commit'] as const) expect(kind({ phase, error: coded(code) })).toBe('conflict');
});

test.each(['40001', '40P01'])('%s that the receiver throws is its own, unless it asked for isolation', (code) => {
  expect(kind({ phase: 'call', error: coded(code) })).toBe('receiver');
  expect(kind({ phase: 'call', error: coded(code), isolated: true })).toBe('conflict, charged');
  // It may throw what it likes because of it.
  expect(kind({ phase: 'call', error: new Error('not booked'), query: coded(code), isolated: true })).toBe('conflict, charged');
  expect(kind({ phase: 'call', error: new Discard('not wanted'), query: coded(code), isolated: true })).toBe('receiver');
  const swallowed = new SignalboxError('TransactionFailed', 'x', { cause: coded(code) });
  expect(kind({ phase: 'commit', error: swallowed })).toBe('receiver');
  expect(kind({ phase: 'commit', error: swallowed, isolated: true })).toBe('conflict, charged');
});

test("an extension that kept the receiver from being called is nobody's attempt, whatever it met", () => {
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

test.each(['58030', 'XX000', '25006', '53100', '42501'])("%s at the last statements of a batch is nobody's attempt", (code) => {
  expect(kind({ phase: 'end', error: coded(code) })).toBe('surroundings');
});

test('a query of the receiver that failed before the last statements of its batch is its own, and so is what it did to the tables', () => {
  expect(kind({ phase: 'end', error: coded('25P02') })).toBe('receiver');
  expect(kind({ phase: 'end', error: new Error('taken') })).toBe('receiver');
});

test('what the receiver wrote is judged at COMMIT, and what the server lacks is not its fault', () => {
  for (const code of ['23503', '23505', 'P0001', '22012']) expect(kind({ phase: 'commit', error: coded(code) })).toBe('receiver');
  for (const code of ['53100', '58030', 'XX000', '57P05']) expect(kind({ phase: 'commit', error: coded(code) })).toBe('surroundings');
  expect(kind({ phase: 'commit', error: new SignalboxError('InvalidPayload', 'of an emit that was not awaited') })).toBe('receiver');
});

test('whatever the receiver throws is its own', () => {
  for (const code of ['58030', '53100', 'ECONNREFUSED', '55P03']) expect(kind({ phase: 'call', error: coded(code) })).toBe('receiver');
});
