// Payloads that await would adopt: they are refused where they are given, stored or read, at any depth, and never
// awaited.
// oxlint-disable unicorn/no-thenable -- this file tests thenables
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodePayload, encodePayload } from '../../src/core/envelope.ts';
import { findThenable } from '../../src/core/thenable.ts';
import { defineSignal } from '../../src/index.ts';

const never = { then() {} };
const other = { a: 1, then: (resolve: (value: unknown) => void) => resolve({ b: 2 }) };
class Query {
  then(): void {}
}
const circle: { self?: unknown; last?: unknown } = { last: never };
circle.self = circle;

const given: [what: string, payload: unknown, path: string][] = [
  ['an object that never settles', never, '$'],
  ['an object that settles as another', other, '$'],
  ['a promise', Promise.resolve({ a: 1 }), '$'],
  ['a promise of another realm', runInNewContext('Promise.resolve(1)'), '$'],
  ['a function with a then', Object.assign(() => {}, never), '$'],
  ['one that inherits it', new Query(), '$'],
  ['one inside', { a: { b: [1, never] } }, '$.a.b[1]'],
  ['a promise inside', { a: Promise.resolve(1) }, '$.a'],
  ['one inside a value that contains itself', circle, '$.last'],
];

const schemas = [z.any(), z.unknown(), z.record(z.string(), z.any()), z.looseObject({}), z.object({}), z.object({ a: z.unknown() })];

test.each(given)('%s is refused by its path, whatever the schema', async (_what, payload, path) => {
  for (const schema of schemas)
    await expect(encodePayload(defineSignal('a.b', schema), payload)).rejects.toMatchObject({
      code: 'PayloadNotStorable',
      message: expect.stringContaining(`at ${path}, it has a then function`) as string,
      details: { path },
    });
});

test.each([1, 'then', null, undefined, { then: 'text' }, { then: null }, [{ then: 1 }], new Date(), Buffer.from('then')])(
  '%s has none',
  (value) => {
    expect(findThenable(value)).toBeUndefined();
  },
);

test('then may be a word of a payload', async () => {
  const signal = defineSignal('a.b', z.object({ then: z.string() }));
  expect(await decodePayload(signal, await encodePayload(signal, { then: 'x' }), 1)).toEqual({ then: 'x' });
});

const codec = (made: { decode?: unknown; encode?: unknown }) =>
  z.codec(z.any(), z.any(), { decode: () => made.decode ?? 1, encode: () => made.encode ?? 1 });

test('the value that a codec writes is not awaited either', async () => {
  await expect(encodePayload(defineSignal('a.b', codec({ encode: never })), 1)).rejects.toMatchObject({ code: 'PayloadNotStorable' });
  await expect(encodePayload(defineSignal('a.b', z.object({ a: codec({ encode: other }) })), { a: 1 })).rejects.toMatchObject({
    code: 'PayloadNotStorable',
  });
});

test('a promise that a codec reads is refused, not passed on', async () => {
  for (const made of [never, other, new Query()])
    await expect(decodePayload(defineSignal('a.b', codec({ decode: made })), '1', 1)).rejects.toMatchObject({
      code: 'StoredPayloadInvalid',
      message: expect.stringContaining('has a then function') as string,
    });
});

test('an upcast may return a promise, and no other thenable', async () => {
  const upcasting = (upcast: () => unknown) => defineSignal('a.b', z.any(), { version: 2, upcast });
  expect(
    await decodePayload(
      upcasting(async () => 'new'),
      '1',
      1,
    ),
  ).toBe('new');
  for (const upcast of [() => never, () => other, () => new Query()])
    await expect(decodePayload(upcasting(upcast), '1', 1)).rejects.toMatchObject({ code: 'StoredPayloadInvalid' });
});
