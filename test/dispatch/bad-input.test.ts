// Payloads and options that a reliable emit refuses before any SQL, so that the transaction around it can go on.
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, type ReliableHandle } from '../../src/index.ts';
import { countEmissions } from '../support/effects.ts';
import { createDatabase } from '../support/database.ts';
import { harness } from '../support/harness.ts';
import { createSignalbox } from '../../src/index.ts';

const anything = defineSignal('bad.anything', z.looseObject({ text: z.string().optional() }), { maxPayloadBytes: 100 });

class Listener {
  @OnSignal(anything)
  static async receive(): Promise<void> {}
}

const refused: [what: string, payload: object, code: string, names: string][] = [
  ['text of the wrong type', { text: 1 }, 'InvalidPayload', 'text'],
  ['a NUL character, which jsonb refuses', { text: 'a\u0000b' }, 'PayloadNotStorable', 'text'],
  ['half a surrogate pair, which jsonb refuses', { text: '\ud800' }, 'PayloadNotStorable', 'text'],
  ['a Date that JSON would turn into text', { at: new Date() }, 'PayloadNotStorable', 'at'],
  ['a Map that JSON would empty', { map: new Map([[1, 2]]) }, 'PayloadNotStorable', 'map'],
  ['a number that JSON would turn into null', { list: [1, Infinity] }, 'PayloadNotStorable', 'list'],
  ['a bigint', { big: 1n }, 'PayloadNotStorable', 'big'],
  // oxlint-disable-next-line unicorn/no-thenable -- this test is about thenables
  ['a thenable that never settles', { then() {} }, 'PayloadNotStorable', 'then'],
  ['a promise', Promise.resolve({ text: 'x' }), 'PayloadNotStorable', 'then'],
  ['more bytes than the signal allows', { text: 'ä'.repeat(50) }, 'PayloadTooLarge', '100'],
];

test.each(refused)('%s is refused by name, and the transaction goes on', async (_what, payload, code, names) => {
  await using h = await harness({ services: [Listener] });
  await h.db.transaction(async (tx) => {
    const attempt = anything.emitReliable(tx, payload as { text?: string });
    await expect(attempt).rejects.toMatchObject({ code, message: expect.stringContaining(names) as string });
    await anything.emitReliable(tx, { text: 'fine' });
  });
  expect(await countEmissions(h.sql)).toBe(1);
});

test.each([
  ['head start that is no duration', { headStart: '1 hour' as never }],
  ['head start of more than 100 hours', { headStart: '101h' as const }],
  ['head start with a time', { headStart: '1h' as const, delay: '1s' as const }],
  ['two times', { runAt: new Date(), delay: 1 }],
  ['a time that is none', { runAt: new Date('never') }],
  ['a time after PostgreSQL ends', { runAt: new Date(8.64e15) }],
  ['a time that PostgreSQL cannot read', { runAt: new Date('+010000-01-01T00:00:00Z') }],
  ['a time before Christ', { runAt: new Date('-000001-01-01T00:00:00Z') }],
  ['a delay that PostgreSQL cannot add', { delay: '999999999d' as const }],
  ['a negative delay', { delay: -1 }],
])('the option %s is refused', async (_what, options) => {
  await using h = await harness({ services: [Listener] });
  await h.db.transaction(async (tx) => {
    await expect(anything.emitReliable(tx, {}, options)).rejects.toMatchObject({ code: 'InvalidOption' });
    await anything.emitReliable(tx, { text: 'fine' });
  });
  expect(await countEmissions(h.sql)).toBe(1);
});

test('headers that are not short texts are refused', async () => {
  await using h = await harness({ services: [Listener] });
  await h.db.transaction(async (tx) => {
    const refusal = async (headers: Record<string, unknown>): Promise<unknown> =>
      anything
        .emitReliable(tx, {}, { headers: headers as Record<string, string> })
        .catch((error: unknown) => (error as { code: string }).code);
    expect(await refusal({ trace: 1 })).toBe('PayloadNotStorable');
    expect(await refusal({ trace: 'x'.repeat(17_000) })).toBe('PayloadTooLarge');
    expect(await refusal({ trace: 'a\u0000' })).toBe('PayloadNotStorable');
  });
});

test('the error for a database without the tables names the command that makes them, for emits and for workers', async () => {
  await using database = await createDatabase({ migrated: false });
  const db = drizzle({ client: database.connect({ max: 5 }) });
  await using box = createSignalbox({ db, services: [Listener], log: false });
  const missing = { code: 'MigrationMissing', message: expect.stringContaining('drizzle-kit migrate') as string };
  await expect(db.transaction(async (tx) => anything.emitReliable(tx, {}))).rejects.toMatchObject(missing);
  await expect(box.worker().start()).rejects.toMatchObject(missing);
  await expect(box.drain()).rejects.toMatchObject(missing);
});

test('handles that belong to no open box, or to no transaction, are told apart', async () => {
  await using h = await harness({ services: [Listener] });
  const stranger = drizzle({ client: h.connect({ max: 1 }) });
  await expect(stranger.transaction(async (tx) => anything.emitReliable(tx, {}))).rejects.toMatchObject({ code: 'BoxNotFound' });
  await expect(anything.emitReliable(h.db as unknown as ReliableHandle, {})).rejects.toMatchObject({ code: 'NotInTransaction' });
  await expect(anything.emitReliable(undefined as unknown as ReliableHandle, {})).rejects.toMatchObject({ code: 'BoxNotFound' });
  await h.box.close();
  await expect(h.db.transaction(async (tx) => anything.emitReliable(tx, {}))).rejects.toMatchObject({ code: 'BoxClosed' });
});
