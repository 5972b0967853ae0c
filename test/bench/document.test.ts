// Tests that a page is filled in at its marked places.
import { expect, test } from 'vitest';
import { fillIn } from './document.ts';

const page = 'before\n<!-- bench: results begins -->\nold\n<!-- bench: results ends -->\nafter\n';

test('the text between the comments is replaced, and the rest is unchanged', () => {
  expect(fillIn(page, 'results', 'new\n')).toBe('before\n<!-- bench: results begins -->\n\nnew\n\n<!-- bench: results ends -->\nafter\n');
});

test('filling in again changes nothing', () => {
  const once = fillIn(page, 'results', 'new');
  expect(fillIn(once, 'results', 'new')).toBe(once);
});

test('a page without the comments is refused', () => {
  expect(() => fillIn('nothing here', 'results', 'new')).toThrow('<!-- bench: results begins -->');
});
