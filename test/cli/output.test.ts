// How the command line writes: what is escaped, how columns are aligned, when there are colours, what a document is.
import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { assert, constantFrom, jsonValue, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { escaped, oneLine } from '../../src/core/visible.ts';
import { documentOf, styled } from '../../src/cli/output.ts';
import { table } from '../../src/cli/table.ts';

const OBEYED = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

test('no character that a terminal obeys comes through, and the others do', () => {
  const text = string({
    unit: oneof(constantFrom('\u001b', '\u009b', '\u0007', '\r', '\n', '\t', '\u202e', 'ä', '日'), string({ unit: 'binary' })),
  });
  assert(
    property(text, (given) => {
      expect(oneLine(given)).not.toMatch(OBEYED);
      expect(escaped(given).replaceAll(/[\n\t]/g, '')).not.toMatch(OBEYED);
    }),
  );
  expect(oneLine('a\u001b[31m\nb\tc\r\n\u009bd')).toBe('a\\u001b[31m\\nb\\tc\\r\\n\\u009bd');
  expect(escaped('a\u001b[31m\r\nb\tc\rd')).toBe('a\\u001b[31m\nb\tc\\u000dd');
  expect(oneLine('Ünïcode, 日本 and 👩‍🚀 stay')).toBe('Ünïcode, 日本 and 👩‍🚀 stay');
});

test('a document means what it is given, and holds no such character either', () => {
  assert(
    property(jsonValue(), (value) => {
      const text = documentOf({ value });
      expect(text).not.toMatch(OBEYED);
      expect(JSON.parse(text)).toEqual({ version: 1, value: JSON.parse(JSON.stringify(value)) as unknown });
    }),
  );
  expect(documentOf({ text: '\u001b\u009b\u202e' })).toBe('{"version":1,"text":"\\u001b\\u009b\\u202e"}');
  expect(documentOf({ at: new Date(0), id: 2n ** 63n, none: undefined })).toBe(
    '{"version":1,"at":"1970-01-01T00:00:00.000Z","id":"9223372036854775808"}',
  );
});

test('columns are as wide as a terminal shows them, and the last one is not padded', () => {
  expect(
    table(
      [
        ['a', 'bb', 'c'],
        ['日本', '\u001b[31mb\u001b[39m', 'long one'],
      ],
      ['X', 'Y', 'Z'],
    ),
  ).toEqual(['X     Y   Z', 'a     bb  c', '日本  \u001b[31mb\u001b[39m   long one']);
  expect(table([], ['X', 'Y'])).toEqual([]);
});

/** A stream as a terminal: Node's own judgement of its colours. */
const terminal = (): PassThrough =>
  Object.assign(new PassThrough(), { isTTY: true, getColorDepth: WriteStream.prototype.getColorDepth.bind({}) });

test('colours are for terminals, and NO_COLOR turns them off', () => {
  const given = process.env;
  process.env = { TERM: 'xterm-256color' };
  try {
    expect(styled('red', 'x', terminal())).toBe('\u001b[31mx\u001b[39m');
    expect(styled('red', 'x', new PassThrough())).toBe('x');
    process.env['NO_COLOR'] = '1';
    expect(styled('red', 'x', terminal())).toBe('x');
  } finally {
    process.env = given;
  }
});
