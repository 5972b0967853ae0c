// Payloads on their way into a row and back.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodePayload, encodeHeaders, encodePayload } from '../../src/core/envelope.ts';
import { defineSignal } from '../../src/index.ts';

const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
const bigText = z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: (big) => String(big) });

test('codecs carry a Date and a bigint in both directions', async () => {
  const signal = defineSignal('a.b', z.object({ at: isoDate, amounts: z.array(bigText), note: z.string().optional() }));
  const payload = { at: new Date('2026-01-02T03:04:05.678Z'), amounts: [2n ** 70n, -1n] };
  const json = await encodePayload(signal, payload);
  expect(JSON.parse(json)).toEqual({ at: '2026-01-02T03:04:05.678Z', amounts: ['1180591620717411303424', '-1'] });
  expect(await decodePayload(signal, json, 1)).toEqual(payload);
});

test('asynchronous codecs and refinements are awaited', async () => {
  const upper = z.codec(z.string(), z.string(), { decode: async (text) => text.toUpperCase(), encode: async (text) => text.toLowerCase() });
  const signal = defineSignal('a.b', z.object({ a: upper.refine(async (text) => text !== 'NO') }));
  expect(await encodePayload(signal, { a: 'YES' })).toBe('{"a":"yes"}');
  expect(await decodePayload(signal, '{"a":"yes"}', 1)).toEqual({ a: 'YES' });
  await expect(encodePayload(signal, { a: 'NO' })).rejects.toMatchObject({ code: 'InvalidPayload' });
});

test('the error for a payload that does not match names the signal and the place', async () => {
  const signal = defineSignal('order.placed', z.object({ items: z.array(z.object({ price: z.number() })) }));
  const wrong = encodePayload(signal, { items: [{ price: 1 }, { price: 'two' }] });
  await expect(wrong).rejects.toMatchObject({
    code: 'InvalidPayload',
    message: expect.stringMatching(/order\.placed.*items\[1\]\.price/) as string,
  });
});

test('the error for a stored payload that no longer matches names the signal, the version and the place', async () => {
  const signal = defineSignal('order.placed', z.object({ price: z.number() }), { version: 4 });
  const stale = decodePayload(signal, '{"cost": 1}', 4);
  await expect(stale).rejects.toMatchObject({
    code: 'StoredPayloadInvalid',
    message: expect.stringMatching(/order\.placed.*version 4.*price/) as string,
  });
});

test('the size is counted in bytes of JSON, to the byte', async () => {
  const signal = defineSignal('a.b', z.object({ t: z.string() }), { maxPayloadBytes: 20 });
  // {"t":""} has 8 bytes.
  for (const fits of ['x'.repeat(12), 'ä'.repeat(6), '€'.repeat(4), '😀'.repeat(3)]) await encodePayload(signal, { t: fits });
  for (const [t, bytes] of [
    ['x'.repeat(13), 21],
    ['ä'.repeat(7), 22],
    ['€'.repeat(5), 23],
    ['😀'.repeat(4), 24],
  ] as const) {
    expect(Buffer.byteLength(JSON.stringify({ t }))).toBe(bytes);
    await expect(encodePayload(signal, { t })).rejects.toMatchObject({ code: 'PayloadTooLarge', details: { bytes, maxPayloadBytes: 20 } });
  }
});

test('a payload that fills its limit to the byte is accepted, whatever the limit is', async () => {
  const large = defineSignal('a.b', z.string(), { maxPayloadBytes: 1_048_576 });
  expect(Buffer.byteLength(await encodePayload(large, 'x'.repeat(1_048_574)))).toBe(1_048_576);
  await expect(encodePayload(large, 'x'.repeat(1_048_575))).rejects.toMatchObject({ details: { bytes: 1_048_577 } });
});

test('the size is that of the stored form, not of the given value', async () => {
  const signal = defineSignal('a.b', z.object({ at: isoDate }), { maxPayloadBytes: 32 });
  await expect(encodePayload(signal, { at: new Date(0) })).rejects.toMatchObject({ details: { bytes: 33 } });
  const stripped = defineSignal('a.b', z.object({ a: z.string() }), { maxPayloadBytes: 10 });
  expect(await encodePayload(stripped, { a: 'x', unknown: 'y'.repeat(100) })).toBe('{"a":"x"}');
});

test.each<[what: string, value: unknown, path: string]>([
  ['undefined', undefined, '$'],
  ['a Date', { at: new Date(0) }, '$.at'],
  ['a bigint', [1n], '$[0]'],
  ['NaN', { a: [NaN] }, '$.a[0]'],
  ['a NUL character', { a: { b: '\u0000' } }, '$.a.b'],
])('%s in a part that the schema leaves open is refused with its place', async (_what, value, path) => {
  await expect(encodePayload(defineSignal('a.b', z.unknown()), value)).rejects.toMatchObject({
    code: 'PayloadNotStorable',
    message: expect.stringContaining(`The payload of a.b cannot be stored: at ${path}, `) as string,
    details: { path },
  });
});

test('the message includes the error of a codec, which is also kept as the cause', async () => {
  const reason = new Error('out of ink');
  const broken = z.codec(z.string(), z.string(), {
    decode: (text) => text,
    encode: () => {
      throw reason;
    },
  });
  await expect(encodePayload(defineSignal('a.b', broken), 'x')).rejects.toMatchObject({
    code: 'InvalidPayload',
    message: expect.stringMatching(/payload of a\.b .*out of ink\./) as string,
    cause: reason,
  });
});

test('without given headers there are no headers', () => {
  expect(encodeHeaders('a.b', undefined)).toBeNull();
  expect(encodeHeaders('a.b', {})).toBeNull();
});

test('headers are stored as they are', () => {
  expect(encodeHeaders('a.b', { trace: 'ä', empty: '', '': 'x' })).toBe('{"trace":"ä","empty":"","":"x"}');
});

test.each<[headers: unknown, path: string, reason: RegExp]>([
  [{ fine: 'x', a: 1 }, 'headers["a"]', /no text/],
  [{ a: null }, 'headers["a"]', /no text/],
  [{ a: undefined }, 'headers["a"]', /no text/],
  [{ a: { b: 'x' } }, 'headers["a"]', /no text/],
  [{ a: 'x\u0000' }, 'headers["a"]', /U\+0000/],
  [{ 'k\u0000': 'x' }, 'headers["k\\u0000"]', /U\+0000/],
  [{ a: '\ud83d' }, 'headers["a"]', /surrogate/],
])('the headers %j are refused by the name of the header', (headers, path, reason) => {
  const encode = (): unknown => encodeHeaders('a.b', headers as Record<string, string>);
  expect(encode).toThrow(expect.objectContaining({ code: 'PayloadNotStorable', details: { path } }));
  expect(encode).toThrow(reason);
  expect(encode).toThrow(`${path} of a.b cannot be stored`);
});

test('headers are 16 KiB of JSON at most, counted in bytes', () => {
  // {"a":""} has 8 bytes.
  expect(encodeHeaders('a.b', { a: 'x'.repeat(16_376) })).toHaveLength(16_384);
  for (const [a, bytes] of [
    ['x'.repeat(16_377), 16_385],
    ['€'.repeat(5_459), 16_385],
  ] as const)
    expect(() => encodeHeaders('a.b', { a })).toThrow(
      expect.objectContaining({ code: 'PayloadTooLarge', details: { bytes, maxPayloadBytes: 16_384 } }),
    );
});

test('a payload of an older version is upcast to the current version before it is read', async () => {
  const schema = z.object({ amount: z.object({ cents: z.number(), currency: z.string() }), at: isoDate });
  const signal = defineSignal('a.b', schema, {
    version: 3,
    upcast: async (stored, version) => {
      const old = stored as { cents: number; at: string };
      return { amount: { cents: old.cents, currency: version === 1 ? 'EUR' : 'USD' }, at: old.at };
    },
  });
  const stored = '{"cents":5,"at":"2026-01-02T03:04:05.000Z"}';
  const at = new Date('2026-01-02T03:04:05.000Z');
  expect(await decodePayload(signal, stored, 1)).toEqual({ amount: { cents: 5, currency: 'EUR' }, at });
  expect(await decodePayload(signal, stored, 2)).toEqual({ amount: { cents: 5, currency: 'USD' }, at });
  await expect(decodePayload(signal, stored, 3)).rejects.toMatchObject({ code: 'StoredPayloadInvalid' });
});

test('the error for an upcast that throws, or returns an invalid payload, names both versions', async () => {
  const broken = defineSignal('a.b', z.object({ a: z.string() }), {
    version: 2,
    upcast: () => {
      throw new Error('no such currency');
    },
  });
  await expect(decodePayload(broken, '{}', 1)).rejects.toMatchObject({
    code: 'StoredPayloadInvalid',
    message: expect.stringMatching(/version 2, stored as 1.*no such currency/) as string,
  });
  const forgotten = defineSignal('a.b', z.object({ a: z.string() }), { version: 2 });
  await expect(decodePayload(forgotten, '{"b": 1}', 1)).rejects.toThrow(/Give the signal an upcast/);
  expect(await decodePayload(forgotten, '{"a": "fits all the same"}', 1)).toEqual({ a: 'fits all the same' });
});

test.each<[what: string, stored: string, place: RegExp]>([
  ['a wrong field', '{"items": [{"price": "two"}]}', /items\[0\]\.price/],
  ['a missing field', '{}', /items/],
  ['text that is no JSON', '{"items": ', /JSON/],
])('the error for a stored payload with %s names its signal and the place', async (_what, stored, place) => {
  const signal = defineSignal('order.placed', z.object({ items: z.array(z.object({ price: z.number() })) }));
  const read = decodePayload(signal, stored, 1);
  await expect(read).rejects.toMatchObject({ code: 'StoredPayloadInvalid', cause: expect.any(Error) as Error });
  await expect(read).rejects.toThrow(/stored payload of order\.placed /);
  await expect(read).rejects.toThrow(place);
});

test('a payload that a newer release stored is not blamed on a missing upcast', async () => {
  const upcasts: number[] = [];
  const signal = defineSignal('a.b', z.object({ a: z.string() }), {
    version: 2,
    upcast: (_stored, version) => {
      upcasts.push(version);
      return { a: 'x' };
    },
  });
  const newer = decodePayload(signal, '{"b": 1}', 3);
  await expect(newer).rejects.toThrow(/version 2, stored as 3.*newer release/);
  await expect(newer).rejects.not.toThrow(/upcast/);
  expect(await decodePayload(signal, '{"a": "still fits"}', 3)).toEqual({ a: 'still fits' });
  expect(upcasts).toEqual([]);
});

test('a stored payload is read as it was stored, whatever was added since', async () => {
  const before = defineSignal('a.b', z.object({ a: z.string() }));
  const after = defineSignal('a.b', z.object({ a: z.string(), note: z.string().optional(), count: z.number().default(1) }));
  expect(await decodePayload(after, await encodePayload(before, { a: 'x' }), 1)).toEqual({ a: 'x', count: 1 });
});
