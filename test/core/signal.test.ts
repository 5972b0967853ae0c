// Defining signals: names, versions, sizes, and schemas that could not be stored.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, defineSignals } from '../../src/index.ts';

const empty = z.object({});
const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });

test('a signal has its name, version and limit, and cannot be changed', () => {
  const signal = defineSignal('payment.completed', empty, { version: 2, maxPayloadBytes: 10 });
  expect(signal).toMatchObject({ name: 'payment.completed', version: 2, maxPayloadBytes: 10 });
  expect(defineSignal('a', empty)).toMatchObject({ version: 1, maxPayloadBytes: 262_144 });
  expect(Object.isFrozen(signal)).toBe(true);
});

test('a namespace defines one signal for each key, with options or without', () => {
  const payment = defineSignals('payment', { completed: empty, refunded: { schema: empty, version: 3 } });
  expect(payment.completed).toMatchObject({ name: 'payment.completed', version: 1 });
  expect(payment.refunded).toMatchObject({ name: 'payment.refunded', version: 3 });
  expect(Object.isFrozen(payment)).toBe(true);
});

test.each(['', '.a', 'a.', 'a..b', '1a', 'a b', 'a\n', 'é', '-a', 'a'.repeat(201), undefined, 7])('%j cannot name a signal', (name) => {
  expect(() => defineSignal(name as string, empty)).toThrow(expect.objectContaining({ code: 'InvalidSignal' }));
});

test.each([
  { version: 0 },
  { version: 1.5 },
  { version: 2e9 },
  { maxPayloadBytes: 0 },
  { maxPayloadBytes: 1_048_577 },
  { maxPayloadBytes: NaN },
])('the options %j are refused', (options) => {
  expect(() => defineSignal('a', empty, options)).toThrow(expect.objectContaining({ code: 'InvalidSignal' }));
});

test.each<[what: string, schema: z.ZodType]>([
  [
    'objects, lists, tuples, records',
    z.object({ a: z.array(z.tuple([z.string(), z.number()]).rest(z.null())), b: z.record(z.string(), z.boolean()) }),
  ],
  ['unions and literals', z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })])],
  [
    'optional, nullable, default, readonly',
    z.object({ a: z.string().optional(), b: z.number().nullable(), c: z.string().default('x'), d: z.string().readonly() }),
  ],
  ['codecs', z.object({ at: isoDate, list: z.array(isoDate) })],
  [
    'refinements',
    z
      .string()
      .min(1)
      .refine((text) => text !== 'x'),
  ],
  ['pipes of what can be stored', z.string().pipe(z.email())],
  [
    'schemas that contain themselves',
    z.object({
      get child() {
        return z.lazy(() => empty).optional();
      },
    }),
  ],
  ['enums, templates, unknowns', z.object({ a: z.enum(['x']), b: z.templateLiteral(['x', z.number()]), c: z.unknown() })],
])('a schema of %s can be stored', (_what, schema) => {
  defineSignal('a', schema);
});

test.each<[what: string, schema: z.ZodType, path: string]>([
  ['a transform', z.object({ a: z.string().transform(Number) }), '$.a'],
  ['a preprocess', z.preprocess(String, z.string()), '$'],
  ['a Date', z.object({ when: z.date() }), '$.when'],
  ['a coerced Date', z.object({ when: z.coerce.date() }), '$.when'],
  ['a bigint deep inside', z.object({ list: z.array(z.object({ n: z.bigint().optional() })) }), '$.list[].n'],
  ['a Map', z.map(z.string(), z.string()), '$'],
  ['a Set', z.object({ s: z.set(z.string()) }), '$.s'],
  ['nothing', z.void(), '$'],
  ['a symbol', z.tuple([z.symbol()]), '$[0]'],
  ['a function', z.object({ f: z.instanceof(Function).or(z.nan()) }), '$.f'],
  ['a bigint literal', z.literal(1n), '$'],
  ['a Date among other properties', z.object({}).catchall(z.date()), '$.*'],
  ['a Date in a record', z.record(z.string(), z.date()), '$.*'],
  ['a Date on one side of an intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.date() })), '$.b'],
  ['the stored side of a codec', z.codec(z.date(), z.string(), { decode: String, encode: (text) => new Date(text) }), '$'],
])('a schema of %s cannot, and says where', (_what, schema, path) => {
  expect(() => defineSignal('a.b', schema)).toThrow(
    expect.objectContaining({ code: 'SchemaNotEncodable', message: expect.stringContaining(`Signal a.b: at ${path}, `) as string }),
  );
});
