// Redacted paths in JSON text: what lies behind them is gone, and all else stays as it was written.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { REDACTED, redactJson, touches } from '../../src/core/redact.ts';

const redacted = (json: string, ...paths: string[]): string =>
  redactJson(
    json,
    paths.map((path) => path.split('.')),
  );

test('what lies behind a path is replaced, and numbers keep their digits', () => {
  const json =
    '{"id": 12345678901234567890.10, "card": {"number": "4111", "month": 7}, "items": [{"iban": "DE1", "n": 1}, {"iban": "DE2", "n": 2}]}';
  expect(redacted(json, 'card.number', 'items.*.iban')).toBe(
    '{"id": 12345678901234567890.10, "card": {"number": "[redacted]", "month": 7}, "items": [{"iban": "[redacted]", "n": 1}, {"iban": "[redacted]", "n": 2}]}',
  );
  expect(redacted(json, 'card')).toContain('"card": "[redacted]"');
  expect(redacted(json, 'absent.path', 'id.deeper')).toBe(json);
});

test('a step is any name for *, any position for a position, and a name in letters of any case', () => {
  expect(redacted('{"a": {"x": 1, "y": [2]}}', 'a.*')).toBe('{"a": {"x": "[redacted]", "y": "[redacted]"}}');
  expect(redacted('[[1, 2], [3]]', '0.1')).toBe('[["[redacted]", "[redacted]"], ["[redacted]"]]');
  expect(redacted('{"Card": 1, "other": 2}', 'cARD')).toBe('{"Card": "[redacted]", "other": 2}');
});

test('names and texts are read as JSON writes them', () => {
  expect(redacted(String.raw`{"\u0063ard": "a\"}]", "b\\": "}"}`, 'card')).toBe(String.raw`{"\u0063ard": "[redacted]", "b\\": "}"}`);
});

test('text that is no JSON is not shown', () => {
  for (const broken of ['', '{', '{"a" 1}', '{"a": 1', '"', '{"a": "x}', '[1 2]', '{"a": 1} 2', '{secret}'])
    expect([broken, redacted(broken, 'a')]).toEqual([broken, '"[redacted]"']);
});

test('what is nested however deeply is passed', () => {
  const deep = `${'['.repeat(200_000)}1${']'.repeat(200_000)}`;
  expect(redacted(`{"b": ${deep}, "a": ${deep}}`, 'a')).toBe(`{"b": ${deep}, "a": "[redacted]"}`);
});

test('without paths a text is returned as it is, JSON or not', () => {
  expect(redactJson('{secret', [])).toBe('{secret');
});

/** The same by a parsed value. */
function expected(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.some((steps) => steps.length === 0)) return REDACTED;
  if (typeof value !== 'object' || value === null) return value;
  const within = (step: string): string[][] =>
    paths.flatMap(([first, ...rest]) =>
      first === '*' || first!.toLowerCase() === step.toLowerCase() || (/^\d+$/.test(first!) && /^\d+$/.test(step)) ? [rest] : [],
    );
  if (Array.isArray(value)) return value.map((each, index) => expected(each, within(String(index))));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, expected(each, within(name))]));
}

test('whatever the value and the paths, the text is that of the value without what they lead to', () => {
  const names = fc.constantFrom('a', 'b', '0', '1', 'a"', '*', 'Ä');
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const paths = fc.array(fc.array(names, { minLength: 1, maxLength: 3 }), { maxLength: 3 });
  fc.assert(
    fc.property(value, paths, fc.constantFrom(undefined, 1), (given, steps, indent) => {
      const text = redactJson(JSON.stringify(given, null, indent), steps);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(expected(given, steps))));
    }),
  );
});

test('a path touches what is redacted if one of the two leads to the other', () => {
  const paths = [
    ['card', 'number'],
    ['items', '0', 'iban'],
    ['*', 'token'],
  ];
  const touching = (path: string): boolean => touches(paths, path.split('.'));
  expect(
    ['card.number', 'card', 'card.number.deep', 'CARD.Number', 'items.-1.iban', 'items.+01.iban', 'any.token', 'items'].filter(touching),
  ).toHaveLength(8);
  expect(['card.month', 'items.0.id', 'order.number', 'any.other.token'].filter(touching)).toEqual([]);
});
