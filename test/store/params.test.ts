// Lists as the server reads them, and the order in which all statements lock deliveries.
import { expect, test } from 'vitest';
import { byId, intArray, quotedArray, textArray } from '../../src/store/params.ts';

test('deliveries are ordered by the number that their id is', () => {
  const ids = ['10', '9', '100', '11', '9007199254740993', '9007199254740992'];
  expect(ids.map((id) => ({ id })).toSorted(byId)).toEqual(
    ['9', '10', '11', '100', '9007199254740992', '9007199254740993'].map((id) => ({ id })),
  );
});

test('lists are the text of arrays, and any value is quoted', () => {
  expect([intArray([1, 2]), textArray(['ready', 'running']), quotedArray(['a,b', '"}\\'])]).toEqual([
    '{1,2}',
    '{ready,running}',
    '{"a,b","\\"}\\\\"}',
  ]);
});
