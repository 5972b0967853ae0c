// The meaning of errors of drivers, by their codes, at any depth.
import { expect, test } from 'vitest';
import { causesOf, hasConnectionCode, isAnswer, sqlState } from '../../src/drivers/error-kind.ts';

const error = (fields: object, cause?: unknown): Error => Object.assign(new Error('failed', { cause }), fields);

test.each([
  ['40001', '40001'],
  ['57P01', '57P01'],
  ['22P02', '22P02'],
  // Codes of sockets and of Node.
  ['EPIPE', undefined],
  ['ECONNRESET', undefined],
  ['4000', undefined],
  ['400011', undefined],
  ['40p01', undefined],
  [40_001, undefined],
])('the code %s is the SQLSTATE %s', (code, state) => {
  expect(sqlState(error({ code }))).toBe(state);
  expect(sqlState(error({ code: 'WRAPPED' }, error({}, error({ code }))))).toBe(state);
});

test.each(['08000', '08006', '57P01', '57P02', '57P03', 'ECONNRESET', 'EPIPE', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', 'ENOTFOUND'])(
  '%s is the loss of a connection, wrapped or not',
  (code) => {
    expect(hasConnectionCode(error({ code }))).toBe(true);
    expect(hasConnectionCode(error({}, error({ code })))).toBe(true);
    // Whatever severity the server sends with it.
    expect(isAnswer(error({ code, severity: 'ERROR' }))).toBe(false);
  },
);

test.each(['23505', '40001', '57014', '57P04', '58030', 'XX000', 'ENOENT'])('%s is no loss of a connection', (code) => {
  expect(hasConnectionCode(error({ code }))).toBe(false);
});

test('a value that is no error of a driver has no cause, no state and no meaning', () => {
  for (const thrown of [undefined, null, 'text', 5]) {
    expect([...causesOf(thrown)]).toEqual([]);
    expect([sqlState(thrown), hasConnectionCode(thrown), isAnswer(thrown)]).toEqual([undefined, false, false]);
  }
});

test('a circle of causes comes to an end', () => {
  const one = error({});
  one.cause = error({}, one);
  expect([...causesOf(one)].length).toBeLessThan(10);
  expect(sqlState(one)).toBeUndefined();
});

test('only an error of the server whose severity leaves the session alive is an answer', () => {
  expect(isAnswer(error({ code: '23505', severity: 'ERROR' }))).toBe(true);
  expect(isAnswer(error({ code: '23505', severity: 'ERREUR' }))).toBe(true);
  for (const severity of ['FATAL', 'PANIC']) expect(isAnswer(error({ code: '53300', severity }))).toBe(false);
  expect(isAnswer(error({ code: '23505' }))).toBe(false);
});
