// Defining signals: names, versions, sizes, and both forms of a namespace.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { DEFAULT_MAX_PAYLOAD_BYTES, MOST_PAYLOAD_BYTES } from '../../src/core/define-signal.ts';
import type { SignalOptions } from '../../src/core/signal.ts';
import { defineSignal, defineSignals } from '../../src/index.ts';

const empty = z.object({});

test('a signal has its name, schema, version and limit, and cannot be changed', () => {
  const upcast = (): Record<string, never> => ({});
  const signal = defineSignal('payment.completed', empty, { version: 2, maxPayloadBytes: 10, upcast });
  expect(signal).toMatchObject({ name: 'payment.completed', version: 2, maxPayloadBytes: 10 });
  expect([signal.schema, signal.upcast]).toEqual([empty, upcast]);
  expect(Object.isFrozen(signal)).toBe(true);
  expect(() => Object.assign(signal, { version: 3 })).toThrow(TypeError);
});

test('a signal without options has version 1 and allows 256 KiB', () => {
  expect(DEFAULT_MAX_PAYLOAD_BYTES).toBe(262_144);
  expect(defineSignal('a', empty)).toMatchObject({ version: 1, maxPayloadBytes: 262_144, upcast: undefined });
});

test('a namespace defines one signal for each key, from a schema or with options', () => {
  const upcast = (): Record<string, never> => ({});
  const payment = defineSignals('payment', {
    completed: empty,
    refunded: { schema: empty, version: 3, maxPayloadBytes: 99, upcast },
    'charge-back': { schema: empty },
  });
  expect(Object.keys(payment)).toEqual(['completed', 'refunded', 'charge-back']);
  expect(payment.completed).toMatchObject({ name: 'payment.completed', version: 1, maxPayloadBytes: 262_144 });
  expect(payment.refunded).toMatchObject({ name: 'payment.refunded', version: 3, maxPayloadBytes: 99, upcast });
  expect(payment['charge-back'].name).toBe('payment.charge-back');
  expect(payment.completed.schema).toBe(empty);
  expect(payment.refunded.schema).toBe(empty);
});

test('a namespace and its signals cannot be changed', () => {
  const payment = defineSignals('payment', { completed: empty, refunded: { schema: empty, version: 3 } });
  expect([payment, payment.completed, payment.refunded].every((each) => Object.isFrozen(each))).toBe(true);
});

test('a namespace without signals is empty, and the parts of a namespace are joined', () => {
  expect(defineSignals('payment', {})).toEqual({});
  expect(defineSignals('shop.payment', { completed: empty }).completed.name).toBe('shop.payment.completed');
});

test.each(['a', 'Z9', 'payment.completed', 'a-b.c_d', 'a.b.c.d', 'a'.repeat(200)])('%s can name a signal', (name) => {
  expect(defineSignal(name, empty).name).toBe(name);
});

test.each(['', '.', '.a', 'a.', 'a..b', 'a.1', '1a', 'a b', 'a\n', 'a\u0000', 'é', '-a', '_a', 'a/b', 'a'.repeat(201), undefined, null, 7])(
  '%j cannot name a signal',
  (name) => {
    expect(() => defineSignal(name as string, empty)).toThrow(
      expect.objectContaining({
        code: 'InvalidSignal',
        message: expect.stringContaining(`${JSON.stringify(name)} cannot name a signal`) as string,
      }),
    );
  },
);

test.each<[namespace: string, key: string]>([
  ['payment', ''],
  ['payment', '1st'],
  ['', 'completed'],
  ['pay ment', 'completed'],
])('the namespace %j with the key %j is refused', (namespace, key) => {
  expect(() => defineSignals(namespace, { [key]: empty })).toThrow(expect.objectContaining({ code: 'InvalidSignal' }));
});

test.each<[SignalOptions]>([
  [{ version: 0 }],
  [{ version: -1 }],
  [{ version: 1.5 }],
  [{ version: 1_000_001 }],
  [{ version: '2' as unknown as number }],
  [{ maxPayloadBytes: 0 }],
  [{ maxPayloadBytes: 0.5 }],
  [{ maxPayloadBytes: MOST_PAYLOAD_BYTES + 1 }],
  [{ maxPayloadBytes: NaN }],
  [{ maxPayloadBytes: Infinity }],
])('the options %j are refused, by the name of the signal and of the option', (options) => {
  const message = expect.stringContaining(`Signal a.b: ${Object.keys(options)[0]} is `) as string;
  expect(() => defineSignal('a.b', empty, options)).toThrow(expect.objectContaining({ code: 'InvalidSignal', message }));
  expect(() => defineSignals('a', { b: { schema: empty, ...options } })).toThrow(
    expect.objectContaining({ code: 'InvalidSignal', message }),
  );
});

test.each<[SignalOptions]>([[{ version: 1_000_000 }], [{ maxPayloadBytes: 1 }], [{ maxPayloadBytes: 1_048_576 }]])(
  'the options %j are taken',
  (options) => {
    expect(defineSignal('a', empty, options)).toMatchObject(options);
  },
);

test.each<[what: string, definition: unknown]>([
  ['a Date', z.date()],
  ['a Date, with options', { schema: z.date(), version: 2 }],
  ['no schema', { version: 2 }],
  ['undefined, as modules that import each other see it', undefined],
])('a namespace with %s is refused by the name of the signal', (_what, definition) => {
  expect(() => defineSignals('order', { placed: definition as typeof empty })).toThrow(
    expect.objectContaining({ code: 'SchemaNotEncodable', message: expect.stringContaining('Signal order.placed: at $, ') as string }),
  );
});

test('each kind of emit rejects on an object that belongs to no box', async () => {
  const signal = defineSignal('order.placed', empty);
  const stranger = {} as Parameters<typeof signal.emit>[0] & Parameters<typeof signal.emitReliable>[0];
  const emits = await Promise.allSettled([
    signal.emit(stranger, {}),
    signal.emitRobust(stranger, {}),
    signal.emitReliable(stranger, {}),
    signal.emitMany(stranger, [{}]),
  ]);
  for (const emit of emits)
    expect(emit).toMatchObject({
      status: 'rejected',
      reason: { code: 'BoxNotFound', message: expect.stringContaining('order.placed') as string },
    });
});
