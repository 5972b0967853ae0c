// Values that jsonb stores without a change, and the path to the first value that it would change or refuse.
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { findJsonFault } from '../../src/core/json.ts';

const nested = (depth: number, innermost: unknown = 1): unknown => {
  let value = innermost;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

const circular: Record<string, unknown> = {};
circular['self'] = { again: circular };
const circularList: unknown[] = [1];
circularList.push(circularList);
const shared = { a: 1 };

test.each([
  ['texts', { a: 'é😀', b: '' }],
  ['characters that JSON escapes', ['"', '\\', '\n', '\u0001', '\u2028', '\uffff']],
  ['numbers', [0, -1.5, 1e300, 5e-324, Number.MAX_SAFE_INTEGER]],
  ['null, true, false', [null, true, false]],
  ['nothing but a text', 'text'],
  ['nothing but null', null],
  ['empty objects and lists', { a: {}, b: [] }],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ['an object of another realm', runInNewContext('({ a: [1, { b: 2 }] })') as unknown],
  ['the same object twice', [shared, shared, { shared }]],
  ['a property called __proto__', JSON.parse('{"__proto__": {"a": 1}}') as unknown],
  ['properties named as methods are', { constructor: 'x', toString: 1, toJSON: true }],
  ['keys of any shape', { '': 1, 'a b': 1, '1': 1, 'ключ😀': 1 }],
  ['something 200 deep', nested(200)],
])('%s can be stored, and is read back as it was', (_what, value) => {
  expect(findJsonFault(value)).toBeUndefined();
  expect(JSON.parse(JSON.stringify(value))).toEqual(value);
});

test('a property that is undefined is omitted, as an optional one is', () => {
  expect(findJsonFault({ a: undefined, b: [{ c: undefined }] })).toBeUndefined();
});

test('minus zero passes: it equals the zero that is stored', () => {
  expect(findJsonFault([-0])).toBeUndefined();
});

class Money {
  readonly cents = 1;
}
class Moneys extends Array<number> {}

test.each<[what: string, value: unknown, path: string, reason: RegExp]>([
  ['undefined', undefined, '$', /undefined/],
  ['undefined in a list', { list: [1, undefined] }, '$.list[1]', /undefined/],
  // oxlint-disable-next-line no-sparse-arrays -- what is tested
  ['a hole in a list', [1, , 3], '$[1]', /undefined/],
  ['a list of holes', { list: Array.from({ length: 1 }).concat(1) }, '$.list[0]', /undefined/],
  ['NaN', { a: { b: NaN } }, '$.a.b', /NaN would become null/],
  ['Infinity', [0, Infinity], '$[1]', /Infinity would become null/],
  ['minus Infinity', [-Infinity], '$[0]', /-Infinity would become null/],
  ['a bigint', { id: 1n }, '$.id', /codec/],
  ['a function', { run() {} }, '$.run', /function/],
  ['a class', [Money], '$[0]', /function/],
  ['a symbol', [Symbol('s')], '$[0]', /symbol/],
  ['a property named by a symbol', { a: { [Symbol('s')]: 1 } }, '$.a', /symbol/],
  ['a Date', { at: new Date(0) }, '$.at', /Date.*toJSON.*codec/],
  ['a Map', { map: new Map() }, '$.map', /Map would lose its class/],
  ['a Set', new Set([1]), '$', /Set/],
  ['a RegExp', [/x/], '$[0]', /RegExp/],
  ['an Error', { error: new TypeError('x') }, '$.error', /TypeError/],
  ['a text in an object', [Object('text')], '$[0]', /String/],
  ['a URL', { at: new URL('https://a.b') }, '$.at', /URL.*toJSON/],
  ['an object of a class', { money: new Money() }, '$.money', /Money/],
  ['an object that inherits from another', [Object.create({ a: 1 })], '$[0]', /class/],
  ['an object with toJSON', { a: { toJSON: () => 1 } }, '$.a', /toJSON/],
  ['bytes', { bytes: new Uint8Array(2) }, '$.bytes', /Uint8Array/],
  ['a Buffer', { bytes: Buffer.from('x') }, '$.bytes', /Buffer.*toJSON/],
  ['a list with toJSON', { a: Object.assign([1], { toJSON: () => 'x' }) }, '$.a', /toJSON/],
  ['a list with named properties', { found: 'ab'.match(/b/) }, '$.found', /beside its items/],
  ['a list with a property named by a symbol', [Object.assign([1], { [Symbol('s')]: 1 })], '$[0]', /symbol/],
  ['a list of a class', { moneys: Moneys.of(1) }, '$.moneys', /Moneys would lose its class/],
  ['an object that contains itself', circular, '$.self.again', /itself/],
  ['a list that contains itself', { list: circularList }, '$.list[1]', /itself/],
  ['something more than 200 deep', nested(201), `$${'[0]'.repeat(200)}`, /200 deep/],
  ['something endlessly deep', nested(50_000), `$${'[0]'.repeat(200)}`, /200 deep/],
  ['a NUL character', { a: 'x\u0000' }, '$.a', /U\+0000/],
  ['a NUL character in a key', { 'x\u0000': 1 }, '$["x\\u0000"]', /U\+0000/],
  ['a NUL character in the key of an omitted property', { '\u0000': undefined }, '$["\\u0000"]', /U\+0000/],
  ['the first half of a surrogate pair', ['\ud83d'], '$[0]', /surrogate/],
  ['the second half of a surrogate pair', { a: 'x\ude00y' }, '$.a', /surrogate/],
  ['halves in the wrong order', ['\ude00\ud83d'], '$[0]', /surrogate/],
  ['half of a surrogate pair in a key', { '\udc00': 1 }, '$["\\udc00"]', /surrogate/],
  ['a value under a key that is no identifier', { 'a b': { '1': NaN } }, '$["a b"]["1"]', /null/],
])('%s cannot be stored', (_what, value, path, reason) => {
  expect(findJsonFault(value)).toEqual({ path, reason: expect.stringMatching(reason) as string });
});

test('the first of several faults is reported, in the order of the properties', () => {
  expect(findJsonFault({ fine: 1, first: { inner: [NaN] }, second: undefined, third: 1n })?.path).toBe('$.first.inner[0]');
});

test('the check does not change the value', () => {
  const frozen = Object.freeze({ a: Object.freeze([Object.freeze({ b: 1 })]) });
  expect(findJsonFault(frozen)).toBeUndefined();
  expect(frozen).toEqual({ a: [{ b: 1 }] });
});
