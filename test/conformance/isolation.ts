// Cases: the isolation level of a receiver's transaction, and the outcome of conflicts.
import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { type DeliveryContext, type Isolation, OnSignal, type OnSignalOptions } from '../../src/index.ts';
import { type Case, type Conformance, effects, openConformance, rowsOf } from './driver.ts';
import { emit, happened } from './signals.ts';

const levelIn = async (tx: DeliveryContext['tx']): Promise<string> =>
  String(rowsOf(await tx.execute(sql`select current_setting('transaction_isolation') as level`))[0]!['level']);

/** A receiver that records the level of its transaction. */
function receiverAt(
  isolation: Isolation | undefined,
  levels: string[],
  act: (context: DeliveryContext) => unknown = () => {},
  attempts = 2,
) {
  const options: OnSignalOptions & { transactional?: true } = { retry: { attempts }, ...(isolation && { isolation }) };
  class Receiver {
    @OnSignal(happened, options)
    static async receive(_payload: { value: number }, context: DeliveryContext): Promise<void> {
      levels.push(await levelIn(context.tx));
      await act(context);
    }
  }
  return Receiver;
}

const emitMany = (h: Conformance, count: number): Promise<unknown> =>
  h.db.transaction(
    async (tx) =>
      void (await happened.emitMany(
        tx,
        Array.from({ length: count }, (_, value) => ({ value })),
      )),
  );

/** Runs `count` deliveries by a worker, on lanes where there are some. */
async function work(h: Conformance, count: number, concurrency?: number): Promise<void> {
  let left = count;
  const completed = h.box.next('delivery.completed', () => --left === 0);
  await using worker = h.box.worker({ pollInterval: 50, ...(concurrency && { concurrency }) });
  await worker.start();
  await completed;
}

export const isolationCases: readonly Case[] = [
  ...([undefined, 'repeatable read', 'serializable'] as const).map((isolation): Case => {
    const level = isolation ?? 'read committed';
    return {
      name: `a receiver that asks for ${isolation ?? 'nothing'} runs in ${level}, whatever the default of the database is`,
      async run(driver) {
        const levels: string[] = [];
        await using h = await openConformance(driver, { services: [receiverAt(isolation, levels)] });
        await h.sql(`do $$ begin
          execute format('alter database %I set default_transaction_isolation = %L', current_database(), 'repeatable read');
        end $$`);
        // If there is only one session under test, its default is set, because it is open already.
        await h.db.execute(sql.raw(`set default_transaction_isolation = 'repeatable read'`));
        await emitMany(h, 5);
        await work(h, 5);
        await emit(h);
        expect(await h.box.drain()).toMatchObject({ completed: 1 });
        expect(levels).toEqual(Array.from({ length: 6 }, () => level));
      },
    };
  }),
  {
    name: 'a conflict at COMMIT costs no attempt and no wait: the receiver runs again at once',
    async run(driver) {
      const levels: string[] = [];
      await using h = await openConformance(driver, { services: [receiverAt(undefined, levels)] });
      await refuseCommits(h, 2);
      await emit(h);
      expect(await h.box.drain()).toMatchObject({ completed: 1 });
      expect(levels).toHaveLength(3);
      expect(await h.deliveries()).toMatchObject([{ state: 'completed', attempt: 1, epoch: 1 }]);
      expect(await h.sql('select from signalbox.delivery_error')).toEqual([]);
    },
  },
  {
    name: 'a COMMIT that conflicts again and again is delayed for a while, and costs no attempt',
    async run(driver) {
      const levels: string[] = [];
      await using h = await openConformance(driver, { services: [receiverAt(undefined, levels)] });
      await refuseCommits(h, 6);
      await emit(h);
      expect(await h.box.drain()).toMatchObject({ completed: 0, retrying: 0 });
      expect(levels).toHaveLength(6);
      expect(await h.deliveries()).toMatchObject([{ state: 'ready', attempt: 0 }]);
    },
  },
  {
    name: 'a receiver that asked for isolation runs again at once after a conflict; an endless conflict is its own failure',
    async run(driver) {
      const levels: string[] = [];
      let conflicts = 3;
      const conflict = async ({ tx }: DeliveryContext): Promise<void> => {
        if (conflicts-- <= 0) return;
        await tx.execute(sql.raw(`do $$ begin raise exception 'met another' using errcode = '40001'; end $$`));
      };
      await using h = await openConformance(driver, { services: [receiverAt('serializable', levels, conflict)] });
      await emit(h);
      expect(await h.box.drain()).toMatchObject({ completed: 1 });
      expect(levels).toHaveLength(4);
      conflicts = 6;
      await emit(h);
      expect(await h.box.drain()).toMatchObject({ retrying: 1 });
      expect(await h.deliveries()).toMatchObject([
        { state: 'completed', attempt: 1 },
        { state: 'ready', attempt: 1 },
      ]);
    },
  },
  {
    name: 'serializable receivers have the same effect as if they ran one after the other',
    needs: 'pool',
    async run(driver) {
      const count = async ({ tx }: DeliveryContext): Promise<void> => {
        const [row] = rowsOf(await tx.execute(sql`select count(*)::int as count from effect`));
        await tx.insert(effects).values({ receiver: 'count', value: Number(row!['count']) });
      };
      await using h = await openConformance(driver, { services: [receiverAt('serializable', [], count, 12)] });
      await emitMany(h, 20);
      await work(h, 20, 3);
      expect(await h.effects()).toHaveLength(20);
      expect(await h.count('select count(distinct value)::int from effect')).toBe(20);
    },
  },
];

/** Refuses this number of COMMITs of receivers with 40001; a sequence is not rolled back. */
async function refuseCommits(h: Conformance, times: number): Promise<void> {
  await h.sql('create sequence tries');
  await h.sql(`create function refuse() returns trigger language plpgsql as $$ begin
    if nextval('tries') <= ${times} then raise exception 'met another' using errcode = '40001'; end if; return null; end $$`);
  await h.sql(`create constraint trigger refuse after insert on signalbox.settled
    deferrable initially deferred for each row execute function refuse()`);
}
