// Payloads on their way into a row and back.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodePayload, encodeHeaders, encodePayload } from '../../src/core/envelope.ts';
import { defineSignal } from '../../src/index.ts';

const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
const bigText = z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: (big) => String(big) });

test('codecs carry a Date and a bigint there and back', async () => {
  const signal = defineSignal('a.b', z.object({ at: isoDate, amounts: z.array(bigText), note: z.string().optional() }));
  const payload = { at: new Date('2026-01-02T03:04:05.678Z'), amounts: [2n ** 70n, -1n] };
  const json = await encodePayload(signal, payload);
  expect(JSON.parse(json)).toEqual({ at: '2026-01-02T03:04:05.678Z', amounts: ['1180591620717411303424', '-1'] });
  expect(await decodePayload(signal, json, 1)).toEqual(payload);
});

test('asynchronous codecs and refinements are waited for', async () => {
  const upper = z.codec(z.string(), z.string(), { decode: async (text) => text.toUpperCase(), encode: async (text) => text.toLowerCase() });
  const signal = defineSignal('a.b', z.object({ a: upper.refine(async (text) => text !== 'NO') }));
  expect(await encodePayload(signal, { a: 'YES' })).toBe('{"a":"yes"}');
  expect(await decodePayload(signal, '{"a":"yes"}', 1)).toEqual({ a: 'YES' });
  await expect(encodePayload(signal, { a: 'NO' })).rejects.toMatchObject({ code: 'InvalidPayload' });
});

test('a payload that does not match names the signal and the place', async () => {
  const signal = defineSignal('order.placed', z.object({ items: z.array(z.object({ price: z.number() })) }));
  const wrong = encodePayload(signal, { items: [{ price: 1 }, { price: 'two' }] });
  await expect(wrong).rejects.toMatchObject({
    code: 'InvalidPayload',
    message: expect.stringMatching(/order\.placed.*items\[1\]\.price/) as string,
  });
});

test('a stored payload that no longer matches names the signal, the version and the place', async () => {
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

test('headers are short texts', () => {
  expect(encodeHeaders('a.b', undefined)).toBeNull();
  expect(encodeHeaders('a.b', {})).toBeNull();
  expect(encodeHeaders('a.b', { trace: 'ä' })).toBe('{"trace":"ä"}');
  for (const headers of [{ a: 1 }, { a: null }, { a: 'x\u0000' }, { 'k\u0000': 'x' }])
    expect(() => encodeHeaders('a.b', headers as never)).toThrow(expect.objectContaining({ code: 'PayloadNotStorable' }));
  expect(() => encodeHeaders('a.b', { a: 'x'.repeat(16_384) })).toThrow(expect.objectContaining({ code: 'PayloadTooLarge' }));
});

test('a payload of an older version is brought to the current one before it is read', async () => {
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

test('what an upcast throws, or makes wrong, is told with both versions', async () => {
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
