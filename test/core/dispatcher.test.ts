// A signal finds its box by the dialect that a database shares with its transactions.
import { expect, test } from 'vitest';
import { attachDispatcher, type Dispatcher, dispatcherFor } from '../../src/core/dispatcher.ts';

function dispatcher(): Dispatcher {
  return {
    emit: async () => {},
    emitRobust: async () => [],
    emitReliable: async () => ({ emissionId: 'x', deliveries: 0 }),
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

test('the error for a detached box says that it was closed, until another box is attached', () => {
  const dialect = {};
  const detach = attachDispatcher(dialect, dispatcher());
  detach();
  detach();
  expect(() => dispatcherFor({ dialect }, 'a.b')).toThrow(expect.objectContaining({ code: 'BoxClosed' }));
  const next = dispatcher();
  attachDispatcher(dialect, next);
  expect(dispatcherFor({ dialect }, 'a.b')).toBe(next);
});

test('a box of a copy with another format is refused by name', () => {
  const dialect = { [Symbol.for('signalbox.dispatcher')]: { format: 2, dispatcher: dispatcher() } };
  expect(() => dispatcherFor({ dialect }, 'a.b')).toThrow(expect.objectContaining({ code: 'IncompatibleCopy' }));
});

test('a late detach leaves the next box attached', () => {
  const dialect = {};
  const detachOld = attachDispatcher(dialect, dispatcher());
  const box = dispatcher();
  attachDispatcher(dialect, box);
  detachOld();
  expect(dispatcherFor({ dialect }, 'a.b')).toBe(box);
});

test.each<[what: string, handle: unknown, named: string]>([
  ['a payload that stands first', { paymentId: 1, amount: 2 }, 'an object with paymentId, amount'],
  ['an object without members', {}, 'an object with no members'],
  ['an object whose dialect is a text', { dialect: 'pg' }, 'an object with dialect'],
  ['an object whose dialect is null', { dialect: null }, 'an object with dialect'],
  ['a list', [{ paymentId: 1 }], 'a list'],
  ['null', null, 'null'],
  ['undefined', undefined, 'undefined'],
  ['a text', 'secret', 'a string'],
  ['a function', () => {}, 'a function'],
])('%s is no database, and the error names the first argument', (_what, handle, named) => {
  expect(() => dispatcherFor(handle as object, 'order.placed')).toThrow(
    expect.objectContaining({
      code: 'BoxNotFound',
      message: expect.stringContaining(
        `order.placed was emitted on ${named}, which is no Drizzle database. The first argument must be tx,`,
      ) as string,
    }),
  );
});

test('the error for a database without a box names the file that makes the box', () => {
  expect(() => dispatcherFor({ dialect: {} }, 'order.placed')).toThrow(
    expect.objectContaining({
      code: 'BoxNotFound',
      message: expect.stringMatching(
        /^order\.placed .*this process has no open box\. Import the file that calls createSignalbox/,
      ) as string,
    }),
  );
});
