// Tokens: two tokens are two keys, even if their descriptions are equal.
import { expect, test } from 'vitest';
import { Token } from '../../src/index.ts';

test('a token has only its description', () => {
  expect(Object.entries(new Token<() => Date>('clock'))).toEqual([['description', 'clock']]);
});

test('two tokens of the same description are two keys', () => {
  const [one, other] = [new Token<number>('port'), new Token<number>('port')];
  const provided = new Map([
    [one, 1],
    [other, 2],
  ]);
  expect([provided.get(one), provided.get(other)]).toEqual([1, 2]);
});
