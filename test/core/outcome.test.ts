// The outcomes that a receiver may throw instead of an error, and their recognition.
import { expect, test } from 'vitest';
import { Discard, outcomeKind, RetryAfter, Unrecoverable } from '../../src/core/outcome.ts';

test.each([
  ['discard', new Discard('not mine'), 'Discard', 'not mine'],
  ['unrecoverable', new Unrecoverable('gone'), 'Unrecoverable', 'gone'],
  ['retryAfter', new RetryAfter('2m', 'busy'), 'RetryAfter', 'busy'],
  ['retryAfter', new RetryAfter(0), 'RetryAfter', 'The receiver asked to be run later.'],
])('%s: %s is an error with its name and reason', (kind, error, name, reason) => {
  expect(outcomeKind(error)).toBe(kind);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name, message: reason });
  expect(error.stack).toContain('outcome.test.ts');
});

test.each([
  ['Discard', (cause: unknown) => new Discard('x', { cause })],
  ['Unrecoverable', (cause: unknown) => new Unrecoverable('x', { cause })],
  ['RetryAfter', (cause: unknown) => new RetryAfter(1, 'x', { cause })],
])('%s keeps its cause, and no cause leaves none', (_name, make) => {
  const cause = new Error('why');
  expect(make(cause).cause).toBe(cause);
  expect('cause' in new Discard('x')).toBe(false);
});

test('RetryAfter takes any duration, and refuses anything else when it is made', () => {
  expect(new RetryAfter('1.5s').delayMs).toBe(1_500);
  expect(new RetryAfter(70).delayMs).toBe(70);
  expect(() => new RetryAfter('soon' as '1s')).toThrow(
    expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining('RetryAfter is "soon"') as string }),
  );
});

test('a subclass is the same outcome as its base', () => {
  class CardExpired extends Unrecoverable {}
  expect(outcomeKind(new CardExpired('x'))).toBe('unrecoverable');
});

test('outcomes of another copy of the package are recognised, and a look-alike is not', () => {
  const foreign = Object.defineProperty(new Error('elsewhere'), Symbol.for('signalbox.outcome'), { value: 'discard' });
  expect(outcomeKind(foreign)).toBe('discard');
  class Discard extends Error {
    override readonly name = 'Discard';
  }
  expect(outcomeKind(new Discard('x'))).toBeUndefined();
});

test.each([new Error('x'), 'Discard', null, undefined, 7, Symbol('discard'), {}, Discard])('%s is no outcome', (thrown) => {
  expect(outcomeKind(thrown)).toBeUndefined();
});

test('the mark of an outcome is not an enumerable property', () => {
  expect(Object.getOwnPropertySymbols(Object.assign({}, new Discard('x')))).toEqual([]);
});
