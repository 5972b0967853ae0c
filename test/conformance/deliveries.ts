// Cases: payloads arrive unchanged, and each run has the right outcome.
import { inspect } from 'node:util';
import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, Discard, OnSignal, RetryAfter, Unrecoverable } from '../../src/index.ts';
import { rootCode } from '../support/errors.ts';
import { recordingLogger } from '../support/log.ts';
import { type Case, effects, openConformance, rowsOf } from './driver.ts';
import { emit, fail, happened, receiverThat } from './signals.ts';
import { findAll } from '../support/deliveries.ts';

const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
const bigText = z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: (big) => String(big) });
const rich = defineSignal('conformance.rich', z.object({ at: isoDate, big: bigText, list: z.array(z.string()), none: z.null() }));
const slow = defineSignal('conformance.slow', z.object({}));
const SECRET = 'hunter2-4222';

export const deliveryCases: readonly Case[] = [
  {
    name: 'payloads and headers arrive as they were given, codecs and odd characters included',
    async run(driver) {
      const received: unknown[] = [];
      class Rich {
        @OnSignal(rich)
        static async receive(payload: unknown, { emission }: DeliveryContext): Promise<void> {
          received.push(payload, emission.headers, emission.emittedAt instanceof Date);
        }
      }
      await using h = await openConformance(driver, { services: [Rich] });
      const payload = {
        at: new Date('2026-01-02T03:04:05.678Z'),
        big: 2n ** 70n,
        list: ['{"a,b"}', "it's \\", 'ünïcode 🚦', ''],
        none: null,
      };
      await h.db.transaction(async (tx) => void (await rich.emitReliable(tx, payload, { headers: { trace: 'a"b\\c' } })));
      expect(await h.box.drain()).toMatchObject({ completed: 1 });
      expect(received).toEqual([payload, { trace: 'a"b\\c' }, true]);
    },
  },
  {
    name: 'emitMany stores many at once, with receipts in their order',
    async run(driver) {
      await using h = await openConformance(driver, { services: [receiverThat('A'), receiverThat('B')] });
      const values = Array.from({ length: 300 }, (_, value) => ({ value }));
      const receipts = await h.db.transaction(async (tx) => happened.emitMany(tx, values));
      expect(receipts.map(({ deliveries }) => deliveries)).toEqual(values.map(() => 2));
      const stored = await h.sql('select id::text as id, payload from signalbox.emission');
      const byId = new Map(stored.map(({ id, payload }) => [id, payload]));
      expect(receipts.map(({ emissionId: id }) => byId.get(id))).toEqual(values);
    },
  },
  {
    name: 'the writes of a receiver and the completion of its delivery commit together',
    needs: 'outside',
    async run(driver) {
      const seen: unknown[] = [];
      const observe = async ({ tx }: DeliveryContext): Promise<void> => {
        seen.push(rowsOf(await tx.execute(sql`select count(*)::int as settled from signalbox.settled`))[0]);
        seen.push((await h.sql('select count(*)::int as settled from signalbox.settled'))[0], await h.effects());
      };
      await using h = await openConformance(driver, { services: [receiverThat('One', observe)] });
      await emit(h);
      expect(await h.box.drain()).toEqual({ completed: 1, retrying: 0, dead: 0, cancelled: 0, released: 0 });
      expect(seen).toEqual([{ settled: 1 }, { settled: 0 }, []]);
      expect(await h.deliveries()).toMatchObject([{ receiver: 'One.receive', state: 'completed', epoch: 1, attempt: 1 }]);
      expect(await h.effects()).toEqual(['One:1']);
    },
  },
  {
    name: 'drain gives each delivery the outcome that its receiver chose, and keeps only the writes of completed ones',
    async run(driver) {
      const act = (error: Error) => (): never => {
        throw error;
      };
      await using h = await openConformance(driver, {
        services: [
          receiverThat('A.completed'),
          receiverThat('B.dead', fail('1st'), fail('2nd'), fail('3rd')),
          receiverThat('C.unrecoverable', act(new Unrecoverable('gone'))),
          receiverThat('D.discarded', act(new Discard('not mine'))),
          receiverThat('E.later', act(new RetryAfter('10m'))),
          receiverThat('F.retried', fail('503')),
        ],
      });
      await emit(h);
      expect(await h.box.drain()).toEqual({ completed: 1, retrying: 3, dead: 1, cancelled: 1, released: 0 });
      expect(await h.box.drain({ ahead: '5m' })).toEqual({ completed: 1, retrying: 1, dead: 1, cancelled: 0, released: 0 });
      expect(await h.deliveries()).toMatchObject([
        { receiver: 'A.completed.receive', state: 'completed', attempt: 1 },
        { receiver: 'B.dead.receive', state: 'dead', attempt: 3 },
        { receiver: 'C.unrecoverable.receive', state: 'dead', attempt: 1 },
        { receiver: 'D.discarded.receive', state: 'cancelled', attempt: 1 },
        { receiver: 'E.later.receive', state: 'ready', attempt: 0 },
        { receiver: 'F.retried.receive', state: 'completed', attempt: 2 },
      ]);
      expect((await h.effects()).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['A.completed:1', 'F.retried:1']);
      expect(await h.sql(`select error ->> 'message' as message from signalbox.delivery_error where attempt = 3`)).toEqual([
        { message: '3rd' },
      ]);
    },
  },
  {
    name: 'a swallowed query error is a failure of the receiver, not a completion',
    async run(driver) {
      const swallow = async ({ tx }: DeliveryContext): Promise<void> => {
        await tx.execute(sql`select 1 / 0`).catch(() => {});
      };
      await using h = await openConformance(driver, { services: [receiverThat('Swallowing', swallow)] });
      await emit(h);
      expect(await h.box.drain()).toMatchObject({ completed: 0, retrying: 1 });
      expect(await h.deliveries()).toMatchObject([{ state: 'ready', attempt: 1 }]);
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'a receiver that timed out is retried, and its later queries are refused',
    async run(driver) {
      let late: Promise<unknown> = Promise.resolve();
      class Slow {
        @OnSignal(slow, { timeout: 100 })
        static async receive(_payload: object, { tx, abortSignal, attempt }: DeliveryContext): Promise<void> {
          if (attempt > 1) return;
          await tx.insert(effects).values({ receiver: 'slow', value: 1 });
          const aborted = new Promise((resolve) => abortSignal.addEventListener('abort', resolve));
          late = aborted
            .then(() => h.box.next('delivery.retrying'))
            .then(async () => tx.insert(effects).values({ receiver: 'late', value: 2 }))
            .catch((thrown: unknown) => thrown);
          await late;
        }
      }
      await using h = await openConformance(driver, { services: [Slow], max: 1 });
      await h.db.transaction(async (tx) => void (await slow.emitReliable(tx, {})));
      expect(await h.box.drain()).toMatchObject({ retrying: 1 });
      expect(rootCode(await late)).toBe('TransactionEnded');
      expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ completed: 1 });
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'a query that still runs at the timeout does not delay the retry of the delivery',
    needs: 'background',
    async run(driver) {
      class Stuck {
        @OnSignal(slow, { timeout: 100 })
        static async receive(_payload: object, { tx, attempt }: DeliveryContext): Promise<void> {
          if (attempt === 1) await tx.execute(sql`select pg_sleep(0.5)`);
        }
      }
      await using h = await openConformance(driver, { services: [Stuck], max: 1 });
      await h.db.transaction(async (tx) => void (await slow.emitReliable(tx, {})));
      expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ retrying: 1, completed: 1 });
    },
  },
  {
    name: 'in immediate mode receivers have run when the transaction call returns, including those of signals that receivers emit',
    async run(driver) {
      const chain = async ({ tx, emission }: DeliveryContext): Promise<void> => {
        if (emission.headers['again'] === 'yes') await happened.emitReliable(tx, { value: 2 });
      };
      const services = [receiverThat('Chain', chain), receiverThat('Detached')];
      await using h = await openConformance(driver, { services, testing: 'immediate' });
      await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 }, { headers: { again: 'yes' } })));
      expect((await h.effects()).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['Chain:1', 'Chain:2', 'Detached:1', 'Detached:2']);
      expect(await h.count('select count(*)::int from signalbox.worker')).toBe(0);
    },
  },
  {
    name: 'in immediate mode a failed receiver makes the call throw, although the commit stands',
    async run(driver) {
      await using h = await openConformance(driver, { services: [receiverThat('Bad', fail('no'))], testing: 'immediate' });
      const attempt = h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'sender', value: 1 });
        await happened.emitReliable(tx, { value: 2 });
      });
      await expect(attempt).rejects.toMatchObject({ code: 'ReceiverFailed', details: { committed: true } });
      expect(await h.effects()).toEqual(['sender:1']);
      expect(await h.deliveries()).toMatchObject([{ state: 'ready', attempt: 1 }]);
    },
  },
  {
    name: 'the reason of a failed query is stored and logged, but neither its parameters nor the row',
    async run(driver) {
      const twice = async ({ tx }: DeliveryContext): Promise<void> => {
        await tx.execute(sql`create temp table card (number text constraint card_number primary key) on commit drop`);
        await tx.execute(sql`insert into card values (${SECRET}), (${SECRET})`);
      };
      const wrapped = async ({ tx }: DeliveryContext): Promise<void> => {
        try {
          await tx.execute(sql`select ${SECRET}::text::int`);
        } catch (error) {
          throw new Error(`not booked: ${(error as Error).message}`, { cause: error });
        }
      };
      const { log, lines } = recordingLogger();
      await using h = await openConformance(driver, { services: [receiverThat('A', twice), receiverThat('B', wrapped)], log });
      await emit(h);
      expect(await h.box.drain()).toMatchObject({ retrying: 2 });
      const stored = await h.sql("select e.error from signalbox.delivery_error e order by e.error ->> 'name'");
      expect(stored.map(({ error }) => error)).toMatchObject([
        {
          name: 'DrizzleQueryError',
          message: expect.stringMatching(
            /^Failed query: insert into card .*: duplicate key value violates unique constraint "card_number"$/s,
          ) as string,
          stack: expect.stringContaining('Caused by: ') as string,
          code: '23505',
          constraint: 'card_number',
          table: 'card',
        },
        {
          name: 'Error',
          message: expect.stringMatching(/^not booked: Failed query: select .*: invalid input syntax for type integer: "…"$/s) as string,
          code: '22P02',
        },
      ]);
      const found = await findAll(h.box, { states: ['ready'] });
      expect(found.map(({ errors }) => errors[0]!.message).join()).toMatch(/duplicate key.*invalid input|invalid input.*duplicate key/s);
      const logged = lines.map(({ fields }) => (fields as { err?: object }).err).filter((err) => err !== undefined);
      expect(new Set(logged.map((err) => (err as { code?: string }).code))).toEqual(new Set(['22P02', '23505']));
      const told = JSON.stringify([stored, found, lines.map(({ fields }) => inspect(fields, { depth: 9, showHidden: true }))]);
      expect(told).not.toContain(SECRET);
    },
  },
];
