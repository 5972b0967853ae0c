// Schemas whose values can be written as JSON and read back, and the path to the first part that cannot.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { encodePayload } from '../../src/core/envelope.ts';
import { findSchemaFault } from '../../src/core/schema-check.ts';
import { defineSignal } from '../../src/index.ts';

const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
const bigText = z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: (big) => String(big) });
const oneWay = z.string().transform(Number);
const tree = z.object({
  label: z.string(),
  get children() {
    return z.array(tree);
  },
});

test.each<[what: string, schema: z.ZodType, payload: unknown]>([
  ['a text', z.string(), 'x'],
  [
    'objects, lists, tuples, records',
    z.object({ a: z.array(z.tuple([z.string(), z.number()]).rest(z.null())), b: z.record(z.string(), z.boolean()) }),
    { a: [['x', 1, null]], b: { x: true } },
  ],
  [
    'unions and literals',
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal([1, null, true]) })]),
    { kind: null },
  ],
  ['intersections', z.intersection(z.object({ a: z.string() }), z.object({ at: isoDate })), { a: 'x', at: new Date(0) }],
  [
    'optional, nullable, default, readonly',
    z.object({ a: z.string().optional(), b: z.number().nullable(), c: z.string().default('x'), d: z.string().readonly() }),
    { b: null, c: 'x', d: 'y' },
  ],
  [
    'prefault, catch, nonoptional',
    z.object({ a: z.string().prefault('x'), b: z.string().catch('x'), c: z.string().nonoptional() }),
    { a: '', b: '', c: '' },
  ],
  ['codecs', z.object({ at: isoDate, list: z.array(bigText), maybe: isoDate.nullish() }), { at: new Date(0), list: [1n], maybe: null }],
  ['a codec within a union', z.union([isoDate, z.null()]), new Date(0)],
  ['a codec that ends in a codec', z.string().pipe(isoDate), new Date(0)],
  ['a codec that is narrowed', z.object({ at: isoDate.pipe(z.date().min(new Date(0))) }), { at: new Date(0) }],
  [
    'codecs of every type',
    z.object({
      set: z.codec(z.array(z.string()), z.set(z.string()), { decode: (list) => new Set(list), encode: (set) => [...set] }),
      at: z.codec(z.number(), z.object({ date: z.date() }), {
        decode: (ms) => ({ date: new Date(ms) }),
        encode: ({ date }) => date.getTime(),
      }),
    }),
    { set: new Set(['x']), at: { date: new Date(0) } },
  ],
  ['texts that stand for true and false', z.object({ on: z.stringbool() }), { on: true }],
  ['any JSON', z.json(), { a: [1, null, 'x'] }],
  [
    'refinements and overwrites',
    z
      .string()
      .trim()
      .toLowerCase()
      .min(1)
      .refine((text) => text !== 'x'),
    'abc',
  ],
  ['pipes of storable schemas', z.string().pipe(z.email()), 'a@b.example'],
  ['schemas that contain themselves', tree, { label: 'a', children: [{ label: 'b', children: [] }] }],
  ['strict and loose objects', z.strictObject({ a: z.looseObject({}) }), { a: { b: 1 } }],
  ['a catchall', z.object({}).catchall(isoDate), { a: new Date(0) }],
  [
    'enums, templates, unknowns',
    z.object({ a: z.enum(['x']), b: z.templateLiteral(['x', z.number()]), c: z.unknown() }),
    { a: 'x', b: 'x1', c: [] },
  ],
  ['coerced numbers', z.coerce.number(), 1],
])('a schema of %s passes, and carries a payload', async (_what, schema, payload) => {
  expect(findSchemaFault(schema)).toBeUndefined();
  await encodePayload(defineSignal('a', schema), payload);
});

test.each<[what: string, schema: z.ZodType, path: string]>([
  ['a transform', oneWay, '$'],
  ['a transform in a property', z.object({ fine: z.string(), a: oneWay }), '$.a'],
  ['a transform in a list', z.object({ list: z.array(z.object({ a: oneWay })) }), '$.list[].a'],
  ['a transform in a union', z.object({ u: z.union([z.string(), z.object({ a: oneWay })]) }), '$.u.a'],
  ['a transform in an optional', z.object({ a: oneWay.optional() }), '$.a'],
  ['a transform in a nullable default', z.object({ a: oneWay.nullable().default(1) }), '$.a'],
  ['a transform in a tuple', z.tuple([z.string(), oneWay]), '$[1]'],
  ['a transform in the rest of a tuple', z.tuple([z.string()]).rest(oneWay), '$[]'],
  ['a transform in a record', z.record(z.string(), oneWay), '$.*'],
  [
    'a transform of the keys of a record',
    z.record(
      z.string().transform((key) => key),
      z.string(),
    ),
    '${key}',
  ],
  ['a transform behind lazy', z.object({ a: z.lazy(() => oneWay) }), '$.a'],
  ['a transform in readonly, catch, prefault', z.object({ a: oneWay.catch(1).prefault('1').readonly() }), '$.a'],
  ['a transform at the end of a pipe', z.object({ a: z.string().pipe(z.transform(Number)) }), '$.a'],
  [
    'a transform before a codec',
    z.object({
      a: z
        .string()
        .transform((text) => text)
        .pipe(isoDate),
    }),
    '$.a',
  ],
  ['a transform on the stored side of a codec', z.codec(oneWay, z.number(), { decode: (n) => n, encode: (n) => n }), '$'],
  ['a transform on the given side of a codec', z.codec(z.string(), oneWay, { decode: (text) => text, encode: (text) => text }), '$'],
  [
    'a transform within the given side of a codec',
    z.object({ c: z.codec(z.string(), z.object({ a: oneWay }), { decode: (a) => ({ a }), encode: ({ a }) => a }) }),
    '$.c.a',
  ],
  ['a preprocess', z.preprocess(String, z.string()), '$'],
  ['a preprocess in a property', z.object({ a: z.preprocess(String, z.string()).optional() }), '$.a'],
  ['a Date', z.object({ when: z.date() }), '$.when'],
  ['a coerced Date', z.object({ when: z.coerce.date() }), '$.when'],
  ['a text piped into a coerced Date', z.string().pipe(z.coerce.date()), '$'],
  ['a bigint deep inside', z.object({ list: z.array(z.object({ n: z.bigint().optional() })) }), '$.list[].n'],
  ['a 64 bit number', z.object({ n: z.int64() }), '$.n'],
  ['a Map', z.map(z.string(), z.string()), '$'],
  ['a Set', z.object({ s: z.set(z.string()) }), '$.s'],
  ['a promise', z.object({ p: z.promise(z.string()) }), '$.p'],
  ['a file', z.object({ f: z.file() }), '$.f'],
  ['undefined', z.object({ u: z.undefined() }), '$.u'],
  ['nothing', z.void(), '$'],
  ['a symbol', z.tuple([z.symbol()]), '$[0]'],
  ['NaN', z.object({ f: z.instanceof(Function).or(z.nan()) }), '$.f'],
  ['a bigint literal', z.literal(1n), '$'],
  ['an undefined literal', z.object({ l: z.literal(['x', undefined]) }), '$.l'],
  ['a Date among other properties', z.object({}).catchall(z.date()), '$.*'],
  ['a Date in a record', z.record(z.string(), z.date()), '$.*'],
  ['a Date on one side of an intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.date() })), '$.b'],
  ['the stored side of a codec', z.codec(z.date(), z.string(), { decode: String, encode: (text) => new Date(text) }), '$'],
  [
    'a Date in a schema that contains itself',
    z.object({
      tree,
      get next() {
        return z.object({ tree, when: z.date() }).optional();
      },
    }),
    '$.next.when',
  ],
  ['a schema that is undefined', z.object({ a: undefined as unknown as z.ZodType }), '$.a'],
])('a schema of %s fails, and says where', (_what, schema, path) => {
  expect(findSchemaFault(schema)).toEqual({ path, reason: expect.any(String) as string });
  expect(() => defineSignal('a.b', schema)).toThrow(
    expect.objectContaining({ code: 'SchemaNotEncodable', message: expect.stringContaining(`Signal a.b: at ${path}, `) as string }),
  );
});

test.each<[mend: RegExp, schema: z.ZodType]>([
  [/z\.codec\(\), which can be undone/, oneWay],
  [/z\.codec\(z\.iso\.datetime\(\), z\.date\(\)/, z.date()],
  [/z\.codec\(z\.string\(\), z\.bigint\(\)/, z.bigint()],
  [/z\.object\(\{\}\) for a signal without content/, z.void()],
  [/z\.map\(\) has no JSON form/, z.map(z.string(), z.string())],
])('the reason says how to fix the schema: %s', (mend, schema) => {
  expect(findSchemaFault(schema)?.reason).toMatch(mend);
});

test.each([undefined, null, 'text', { parse: () => 1 }, { a: z.string() }])('%j is no schema', (schema) => {
  expect(findSchemaFault(schema as unknown as z.ZodType)).toMatchObject({
    path: '$',
    reason: expect.stringMatching(/no Zod 4 schema/) as string,
  });
});
