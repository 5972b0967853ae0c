// What may be stored as jsonb without a change, and where the first value is that may not.
import { expect, test } from 'vitest';
import { findJsonFault } from '../../src/core/json.ts';

const circular: Record<string, unknown> = {};
circular['self'] = { again: circular };
const shared = { a: 1 };
let deep: unknown = 1;
for (let depth = 0; depth < 300; depth++) deep = [deep];

test.each([
  ['texts', { a: 'é😀', b: '' }],
  ['numbers', [0, -1.5, 1e300]],
  ['null, true, false', [null, true, false]],
  ['a property that is left out', { a: undefined }],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ['the same object twice', [shared, shared]],
  ['a property called __proto__', JSON.parse('{"__proto__": {"a": 1}}') as unknown],
])('%s can be stored', (_what, value) => {
  expect(findJsonFault(value)).toBeUndefined();
});

test.each<[what: string, value: unknown, path: string, reason: RegExp]>([
  ['undefined', undefined, '$', /undefined/],
  ['undefined in a list', { list: [1, undefined] }, '$.list[1]', /undefined/],
  // oxlint-disable-next-line no-sparse-arrays -- what is tested
  ['a hole in a list', [1, , 3], '$[1]', /undefined/],
  ['NaN', { a: { b: NaN } }, '$.a.b', /null/],
  ['Infinity', [-Infinity], '$[0]', /null/],
  ['a bigint', { id: 1n }, '$.id', /codec/],
  ['a function', { run() {} }, '$.run', /function/],
  ['a symbol', [Symbol('s')], '$[0]', /symbol/],
  ['a property named by a symbol', { [Symbol('s')]: 1 }, '$', /symbol/],
  ['a Date', { at: new Date(0) }, '$.at', /Date.*codec/],
  ['a Map', { map: new Map() }, '$.map', /Map/],
  ['a Set', new Set([1]), '$', /Set/],
  ['an object of a class', { money: new (class Money {})() }, '$.money', /Money/],
  ['an object with toJSON', { a: { toJSON: () => 1 } }, '$.a', /toJSON/],
  ['bytes', { bytes: new Uint8Array(2) }, '$.bytes', /Uint8Array/],
  ['an object that contains itself', circular, '$.self.again', /itself/],
  ['something very deep', deep, `$${'[0]'.repeat(200)}`, /200 deep/],
  ['a NUL character', { a: 'x\u0000' }, '$.a', /U\+0000/],
  ['a NUL character in a key', { 'x\u0000': 1 }, '$["x\\u0000"]', /U\+0000/],
  ['half of a surrogate pair', ['\ud83d'], '$[0]', /surrogate/],
  ['half of a surrogate pair in a key', { '\udc00': 1 }, '$["\\udc00"]', /surrogate/],
])('%s cannot', (_what, value, path, reason) => {
  expect(findJsonFault(value)).toEqual({ path, reason: expect.stringMatching(reason) as string });
});
