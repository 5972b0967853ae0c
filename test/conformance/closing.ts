// Cases: code that is left of an ended transaction, however it ended, reaches no other.
import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { DeliveryContext } from '../../src/index.ts';
import { rootCode } from '../support/errors.ts';
import { recordingLogger } from '../support/log.ts';
import { type Case, type Conformance, type Database, effects, errorOf, openConformance } from './driver.ts';
import { emit, happened, receiverThat } from './signals.ts';

type Tx = Parameters<Parameters<Database['transaction']>[0]>[0];

const uses: readonly ((tx: Tx) => PromiseLike<unknown>)[] = [
  (tx) => tx.insert(effects).values({ receiver: 'late', value: 1 }),
  (tx) => tx.execute(sql`insert into effect values ('late', 2)`),
  (tx) => tx.select().from(effects),
  (tx) => tx.query.effects.findFirst(),
  (tx) => tx.$count(effects),
  (tx) => tx.transaction(async (nested) => nested.execute(sql`select 1`)),
  async (tx) => happened.emitReliable(tx, { value: 1 }),
];

/** Uses of a transaction that has ended; each must be refused. */
async function expectRefused(tx: Tx): Promise<void> {
  for (const use of uses) expect(rootCode(await errorOf(Promise.resolve(tx).then(use)))).toBe('TransactionEnded');
}

export const closingCases: readonly Case[] = [
  {
    name: 'the handle of a transaction cannot be used in any way after its commit, its rollback or its failure',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      const kept: Tx[] = [];
      await h.db.transaction(async (tx) => {
        kept.push(tx);
        await tx.transaction(async (nested) => void kept.push(nested));
      });
      await errorOf(
        h.db.transaction(async (tx) => {
          kept.push(tx);
          tx.rollback();
        }),
      );
      await errorOf(
        h.db.transaction(async (tx) => {
          kept.push(tx);
          await tx.execute(sql`select 1 / 0`);
        }),
      );
      for (const tx of kept) await expectRefused(tx);
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'a prepared query of a transaction cannot be sent after its end',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      const late = await h.db.transaction(async (tx) => {
        const prepared = tx.insert(effects).values({ receiver: 'late', value: 1 }).prepare('late');
        return () => prepared.execute();
      });
      expect(rootCode(await errorOf(late()))).toBe('TransactionEnded');
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'code that a failed callback left running cannot write after the rollback',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      let late: Promise<unknown> = Promise.resolve();
      const attempt = h.db.transaction(async (tx) => {
        await tx.execute(sql`select 1`);
        late = errorOf(attempt).then(() => tx.insert(effects).values({ receiver: 'late', value: 1 }));
        throw new Error('gone');
      });
      await expect(attempt).rejects.toThrow('gone');
      expect(rootCode(await errorOf(late))).toBe('TransactionEnded');
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'a floating query is rolled back or refused when the callback fails, whatever its timing',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      const floating: PromiseLike<unknown>[] = [];
      const attempt = h.db.transaction(async (tx) => {
        const write = async (value: number): Promise<unknown> =>
          tx
            .insert(effects)
            .values({ receiver: 'floating', value })
            .catch(() => 'refused');
        floating.push(write(1));
        // Each query comes some turns of the event loop later: before, during and after the ROLLBACK.
        for (let turns = 1; turns < 40; turns++) {
          let wait = Promise.resolve();
          for (let turn = 0; turn < turns; turn++) wait = wait.then(() => new Promise((resolve) => setImmediate(resolve)));
          floating.push(wait.then(() => write(turns + 1)));
        }
        throw new Error('gone');
      });
      await expect(attempt).rejects.toThrow('gone');
      await Promise.all(floating);
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'a savepoint that still runs when the outer callback fails cannot touch the next transaction of the connection',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      let release: (() => void) | undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let nested: Promise<unknown> = Promise.resolve();
      const attempt = h.db.transaction(async (tx) => {
        await new Promise<void>((opened) => {
          nested = errorOf(
            tx.transaction(async (savepoint) => {
              await savepoint.execute(sql`select 1`);
              opened();
              await released;
              await savepoint.insert(effects).values({ receiver: 'late', value: 1 });
            }),
          );
        });
        throw new Error('outer failed');
      });
      await expect(attempt).rejects.toThrow('outer failed');
      expect(rootCode(await nested)).toBe('TransactionEnded');
      await h.db.transaction(async (tx) => {
        await tx.transaction(async (savepoint) => {
          await savepoint.insert(effects).values({ receiver: 'next', value: 2 });
          release!();
          await savepoint.execute(sql`select pg_sleep(0.02)`);
        });
      });
      expect(await h.effects()).toEqual(['next:2']);
    },
  },
  {
    name: 'a write on the plain database inside a transaction or a receiver is noticed',
    needs: 'pool',
    async run(driver) {
      const { log, lines } = recordingLogger();
      let h: Conformance;
      const escape = (): PromiseLike<unknown> => h.db.insert(effects).values({ receiver: 'escaped', value: 1 });
      h = await openConformance(driver, { services: [receiverThat('One', escape, escape)], log });
      await using _ = h;
      await emit(h);
      await emit(h);
      expect(await h.box.drain()).toMatchObject({ completed: 2 });
      const warned = lines.filter(({ level }) => level === 'warn');
      expect(warned).toMatchObject([{ fields: { call: 'db.insert(effect)', at: expect.stringContaining('closing.ts') as string } }]);
    },
  },
  {
    name: 'a query that would wait for the only connection, which the transaction has, is refused',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      await h.db.transaction(async (tx) => {
        expect(await errorOf(h.db.transaction(async () => {}))).toMatchObject({ code: 'OutsideTransaction' });
        await tx.insert(effects).values({ receiver: 'kept', value: 1 });
      });
      expect(await h.effects()).toEqual(['kept:1']);
    },
  },
  {
    name: 'a statement that would end a transaction is refused in it, through Drizzle and through the client, and the callback still decides',
    async run(driver) {
      await using h = await openConformance(driver);
      for (const text of ['rollback', 'commit; select 1', 'end', "prepare transaction 'one'"]) {
        const kept = h.db.transaction(async (tx) => {
          await tx.insert(effects).values({ receiver: text, value: 1 });
          expect(rootCode(await errorOf(tx.execute(sql.raw(text))))).toBe('TransactionControl');
          const { client } = (tx as unknown as { session: { client: Record<string, (text: string) => unknown> } }).session;
          const send = (client['unsafe'] ?? client['query'])!;
          expect(rootCode(await errorOf((async () => Reflect.apply(send, client, [text]))()))).toBe('TransactionControl');
          await tx.transaction(async (nested) => {
            await nested.execute(sql`savepoint mine`);
            await nested.execute(sql`rollback to savepoint mine`);
            expect(rootCode(await errorOf(nested.execute(sql.raw(text))))).toBe('TransactionControl');
          });
        });
        await kept;
        await expect(
          h.db.transaction(async (tx) => {
            await tx.insert(effects).values({ receiver: 'no', value: 1 });
            await tx.execute(sql.raw(text));
          }),
        ).rejects.toThrow();
      }
      expect(await h.effects()).toEqual(['rollback:1', 'commit; select 1:1', 'end:1', "prepare transaction 'one':1"]);
    },
  },
  {
    name: 'a receiver that sends ROLLBACK has failed, and is not reported as completed',
    async run(driver) {
      const rollback = ({ tx }: DeliveryContext): PromiseLike<unknown> => tx.execute(sql`rollback`);
      await using h = await openConformance(driver, { services: [receiverThat('Ends', rollback)] });
      await emit(h);
      const retrying = h.box.next('delivery.retrying');
      expect(await h.box.drain()).toMatchObject({ completed: 0, retrying: 1 });
      expect(rootCode((await retrying).error)).toBe('TransactionControl');
      expect(await h.effects()).toEqual([]);
    },
  },
];
