// How a signal finds its box: by the dialect that a database shares with its transactions.
import { expect, test } from 'vitest';
import { attachDispatcher, type Dispatcher, dispatcherFor } from '../../src/core/dispatcher.ts';

function dispatcher(): Dispatcher {
  return {
    emit: async () => {},
    emitRobust: async () => [],
    emitReliable: async () => ({ id: 'x', deliveries: 0 }),
    emitMany: async () => [],
  };
}

test('a database and its transactions find the box of their dialect, and no other', () => {
  const [dialect, otherDialect] = [{}, {}];
  const [box, otherBox] = [dispatcher(), dispatcher()];
  attachDispatcher(dialect, box);
  attachDispatcher(otherDialect, otherBox);
  const [db, tx, otherDb] = [{ dialect }, { dialect, rollback() {} }, { dialect: otherDialect }];
  expect([db, tx, otherDb].map((handle) => dispatcherFor(handle, 'a.b'))).toEqual([box, box, otherBox]);
  expect(dispatcherFor(otherDb, 'a.b')).toBe(otherBox);
});

test('an inherited dialect is found, as through a proxy or a class', () => {
  const dialect = {};
  const box = dispatcher();
  attachDispatcher(dialect, box);
  expect(dispatcherFor(Object.create({ dialect }) as object, 'a.b')).toBe(box);
  expect(dispatcherFor(new Proxy({}, { has: () => true, get: () => dialect }), 'a.b')).toBe(box);
});

test('a box that is detached is not found any more', () => {
  const dialect = {};
  const detach = attachDispatcher(dialect, dispatcher());
  detach();
  detach();
  expect(() => dispatcherFor({ dialect }, 'a.b')).toThrow(expect.objectContaining({ code: 'BoxNotFound' }));
});

test('a late detach leaves the box that came after', () => {
  const dialect = {};
  const detachOld = attachDispatcher(dialect, dispatcher());
  const box = dispatcher();
  attachDispatcher(dialect, box);
  detachOld();
  expect(dispatcherFor({ dialect }, 'a.b')).toBe(box);
});

test.each<[what: string, handle: unknown]>([
  ['a database without a box', { dialect: {} }],
  ['an object without dialect', {}],
  ['an object whose dialect is a text', { dialect: 'pg' }],
  ['an object whose dialect is null', { dialect: null }],
  ['null', null],
  ['undefined', undefined],
  ['a text', 'db'],
])('%s belongs to no box, and the error names the signal', (_what, handle) => {
  expect(() => dispatcherFor(handle as object, 'order.placed')).toThrow(
    expect.objectContaining({ code: 'BoxNotFound', message: expect.stringMatching(/^order\.placed .*createSignalbox/) as string }),
  );
});
