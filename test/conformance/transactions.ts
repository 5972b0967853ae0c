// Cases: the effects that a transaction and its savepoints keep, and the errors of one that cannot be committed.
import { eq, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { createSignalbox, isSignalboxError } from '../../src/index.ts';
import { type Case, effects, errorOf, openConformance, rowsOf } from './driver.ts';
import { happened, receiverThat } from './signals.ts';

const EMISSIONS = 'select count(*)::int from signalbox.emission';

export const transactionCases: readonly Case[] = [
  {
    name: 'an emit is invisible before the commit, and fully visible after it',
    needs: 'outside',
    async run(driver) {
      await using h = await openConformance(driver, { services: [receiverThat('One')] });
      await h.db.transaction(async (tx) => {
        expect(await happened.emitReliable(tx, { value: 1 })).toMatchObject({ deliveries: 1 });
        expect(await h.count(EMISSIONS)).toBe(0);
      });
      expect(await h.count(EMISSIONS)).toBe(1);
      expect(await h.deliveries()).toMatchObject([{ receiver: 'One.receive', state: 'ready', epoch: 0, attempt: 0 }]);
    },
  },
  {
    name: 'a rollback leaves nothing, and its error is thrown unchanged',
    async run(driver) {
      await using h = await openConformance(driver, { services: [receiverThat('One')] });
      const failure = new Error('no');
      const attempt = h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'sender', value: 1 });
        await happened.emitReliable(tx, { value: 1 });
        throw failure;
      });
      expect(await errorOf(attempt)).toBe(failure);
      await expect(h.db.transaction(async (tx) => tx.rollback())).rejects.toThrow(/rollback/i);
      expect([await h.effects(), await h.count(EMISSIONS)]).toEqual([[], 0]);
    },
  },
  {
    name: 'the result and the config of a transaction are those of Drizzle',
    async run(driver) {
      await using h = await openConformance(driver);
      const read = sql`select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as read_only`;
      const row = await h.db.transaction(async (tx) => rowsOf(await tx.execute(read))[0], {
        isolationLevel: 'serializable',
        accessMode: 'read only',
      });
      expect(row).toEqual({ level: 'serializable', read_only: 'on' });
    },
  },
  {
    name: 'a query error that the callback swallowed is noticed before the commit',
    async run(driver) {
      await using h = await openConformance(driver);
      const attempt = h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'sender', value: 1 });
        await tx.execute(sql`select 1 / 0`).catch(() => {});
        return 'looks fine';
      });
      const error = await errorOf(attempt);
      expect(isSignalboxError(error, 'TransactionFailed') && String((error.cause as Error).cause ?? error.cause)).toMatch(
        /division by zero/,
      );
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'a floating query is awaited, and its failure is noticed before the commit',
    async run(driver) {
      await using h = await openConformance(driver);
      const attempt = h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'sender', value: 1 });
        void Promise.allSettled([tx.execute(sql`select 1 / (pg_sleep(0.05)::text = 'x')::int`)]);
      });
      await expect(attempt).rejects.toMatchObject({ code: 'TransactionFailed' });
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'a floating emit is awaited before the commit, and fails the transaction if it fails',
    async run(driver) {
      await using h = await openConformance(driver);
      await h.db.transaction(async (tx) => {
        // oxlint-disable-next-line typescript/no-floating-promises -- that it floats is what is tested
        happened.emitReliable(tx, { value: 1 });
      });
      const attempt = h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'sender', value: 1 });
        // oxlint-disable-next-line typescript/no-floating-promises -- that it floats is what is tested
        happened.emitReliable(tx, { value: 'no number' as unknown as number });
      });
      await expect(attempt).rejects.toMatchObject({ code: 'InvalidPayload' });
      expect([await h.effects(), await h.count(EMISSIONS)]).toEqual([[], 1]);
    },
  },
  {
    name: 'a deferred constraint that fails at COMMIT rejects, and runs no afterCommit; the connection lives on',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      await h.sql('create table parent (id int primary key)');
      await h.sql('create table child (parent int references parent (id) deferrable initially deferred)');
      let ran = false;
      const attempt = h.db.transaction(async (tx) => {
        h.box.afterCommit(() => (ran = true));
        await tx.execute(sql`insert into child values (1)`);
      });
      await expect(attempt).rejects.toThrow();
      expect(ran).toBe(false);
      await h.db.transaction(async (tx) => tx.insert(effects).values({ receiver: 'next', value: 1 }));
      expect(await h.effects()).toEqual(['next:1']);
    },
  },
  {
    name: 'the rollback of a savepoint undoes its own writes and emits, and no others',
    async run(driver) {
      await using h = await openConformance(driver);
      await h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'outer', value: 1 });
        const failed = tx.transaction(async (nested) => {
          await nested.insert(effects).values({ receiver: 'nested', value: 2 });
          await happened.emitReliable(nested, { value: 2 });
          await nested.execute(sql`select 1 / 0`);
        });
        await errorOf(failed);
        await tx.transaction(async (nested) => {
          await nested.insert(effects).values({ receiver: 'nested', value: 3 });
          await nested.transaction(async (deep) => void (await happened.emitReliable(deep, { value: 3 })));
        });
      });
      expect([await h.effects(), await h.count(EMISSIONS)]).toEqual([['outer:1', 'nested:3'], 1]);
    },
  },
  {
    name: 'sibling savepoints that start together run one after the other',
    async run(driver) {
      await using h = await openConformance(driver);
      await h.db.transaction(async (tx) => {
        const nest = async (value: number, broken: boolean): Promise<void> =>
          tx.transaction(async (nested) => {
            await nested.insert(effects).values({ receiver: 'sibling', value });
            await nested.execute(sql`select pg_sleep(0.02)`);
            if (broken) throw new Error('rolled back');
          });
        const results = await Promise.allSettled([nest(1, false), nest(2, true), nest(3, false)]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      });
      expect(await h.effects()).toEqual(['sibling:1', 'sibling:3']);
    },
  },
  {
    name: 'an emit on the outer handle belongs to the savepoint inside which it is called, and to no savepoint that is open beside it',
    async run(driver) {
      await using h = await openConformance(driver);
      await h.db.transaction(async (tx) => {
        let enter: (() => void) | undefined;
        const inside = new Promise<void>((resolve) => (enter = resolve));
        const savepoint = tx.transaction(async () => {
          await happened.emitReliable(tx, { value: 1 });
          enter!();
          await tx.execute(sql`select pg_sleep(0.05)`);
          throw new Error('only the savepoint');
        });
        const beside = inside.then(() => happened.emitReliable(tx, { value: 2 }));
        await expect(savepoint).rejects.toThrow('only the savepoint');
        await beside;
      });
      expect(await h.sql('select payload from signalbox.emission')).toEqual([{ payload: { value: 2 } }]);
    },
  },
  {
    name: 'relational queries and prepared statements of a transaction belong to it',
    async run(driver) {
      await using h = await openConformance(driver);
      const attempt = h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'mine', value: 1 });
        expect(await tx.query.effects.findMany()).toHaveLength(1);
        expect(await tx.$count(effects)).toBe(1);
        const byValue = eq(effects.value, sql.placeholder('value'));
        const prepared = tx.select().from(effects).where(byValue).prepare('by_value');
        expect(await prepared.execute({ value: 1 })).toEqual([{ receiver: 'mine', value: 1 }]);
        throw new Error('gone');
      });
      await expect(attempt).rejects.toThrow('gone');
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'one database object has one open box; closing restores the object',
    async run(driver) {
      await using h = await openConformance(driver);
      expect(() => createSignalbox({ db: h.db, log: false })).toThrow(expect.objectContaining({ code: 'BoxAlreadyOpen' }));
      expect(Object.hasOwn(h.db, 'transaction')).toBe(true);
      await h.box.close();
      expect(Object.hasOwn(h.db, 'transaction')).toBe(false);
      await h.db.transaction(async (tx) => tx.insert(effects).values({ receiver: 'plain', value: 1 }));
      await using again = createSignalbox({ db: h.db, log: false });
      await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
      expect(again.db).toBeDefined();
      expect([await h.effects(), await h.count(EMISSIONS)]).toEqual([['plain:1'], 1]);
    },
  },
];
