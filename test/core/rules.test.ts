// The rules of options: the values that each rule accepts and refuses at its edges.
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Rule } from '../../src/core/options.ts';
import { show } from '../../src/core/options.ts';
import { date, duration, listOf, oneOf, rowId, storedName, text, timer, uuid, whole } from '../../src/core/rules.ts';

const TIMER_MS = 2 ** 31 - 1;

test.each<[what: string, rule: Rule, taken: unknown[], refused: unknown[]]>([
  ['a timer waits for 2^31-1 ms at most', timer(), [0, '0s', TIMER_MS, '24d'], [TIMER_MS + 1, '24.9d', '30d', -1, 'soon', NaN, null]],
  ['a timer may have a least time', timer({ least: '10ms' }), [10, '10ms'], [9, '9ms', 0]],
  ['a duration that no timer waits for may be longer', duration(), ['30d', '3650d', TIMER_MS + 1], ['3651d', '', undefined]],
  ['a duration has limits', duration({ least: '1ms', most: '24h' }), [1, '24h'], [0, '0.4ms', '25h']],
  [
    'a date is one that PostgreSQL can store, within reason',
    date,
    [new Date(0), new Date(), new Date('9999-12-31T23:59:59.999Z'), runInNewContext('new Date(1e12)')],
    [new Date(NaN), new Date(-1), new Date('+010000-01-01T00:00:00Z'), new Date(8.64e15), 0, '2026-01-01', null, { getTime: () => 0 }],
  ],
  [
    'a UUID is in its full form',
    uuid,
    ['018f0000-0000-7000-8000-00000000000a', '018F0000-0000-7000-8000-00000000000A'],
    ['nope', '', '018f0000000070008000000000000000', ' 018f0000-0000-7000-8000-00000000000a', 7, undefined],
  ],
  ['an id of a row is digits', rowId, ['0', '1'.repeat(18)], ['', '-1', '1'.repeat(19), 1, '1n']],
  ['a text is not empty', text, ['x', ' '], ['', 1, null]],
  ['a stored name is short and without spaces', storedName, ['a.b', 'ä'], ['', 'a b', 'a\n', 'a\u0000', 'x'.repeat(201), 1, null]],
  ['a whole number has limits', whole(1, 3), [1, 3], [0, 4, 1.5, '1', NaN, 1n, null]],
  ['one of a few', oneOf('one', true), ['one', true], ['One', 'true', false, null, ['one']]],
  ['a list of them', listOf('ones', oneOf('one')), [[], ['one']], ['one', ['two'], { 0: 'one', length: 1 }, new Set(['one']), null]],
])('%s', (_what, rule, taken, refused) => {
  expect(taken.filter((value) => !rule.accepts(value))).toEqual([]);
  expect(refused.filter((value) => rule.accepts(value))).toEqual([]);
});

test('a given value is shown short, and the content of an object is not shown', () => {
  class Client {
    readonly password = 'secret';
  }
  const circle: unknown[] = [];
  circle.push(circle);
  const shown = [new Client(), { a: 1 }, ['x'], circle, 'x'.repeat(99), () => {}, Client, null, 5n, Symbol('s'), new Date(NaN)].map(show);
  expect(shown).toEqual([
    'an object with password',
    '{"a":1}',
    '["x"]',
    'a list',
    `"${'x'.repeat(59)}…`,
    'a function',
    'the function Client',
    'null',
    '5',
    'Symbol(s)',
    'Invalid Date',
  ]);
});
