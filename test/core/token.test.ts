// Tokens: each is itself, however alike two are described.
import { expect, test } from 'vitest';
import { Token } from '../../src/index.ts';

test('a token has its description, and nothing more', () => {
  expect(Object.entries(new Token<() => Date>('clock'))).toEqual([['description', 'clock']]);
});

test('two tokens of one description are two keys', () => {
  const [one, other] = [new Token<number>('port'), new Token<number>('port')];
  const provided = new Map([
    [one, 1],
    [other, 2],
  ]);
  expect([provided.get(one), provided.get(other)]).toEqual([1, 2]);
});
