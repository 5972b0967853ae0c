// A service lives on when the transaction in which it was first needed has ended, so it is made outside of any
// transaction.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Db, defineSignal, OnSignal, Service } from '../../../src/index.ts';
import { harness, type Harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';

const happened = defineSignal('madeOutside.happened', z.object({}));

/** A service whose constructor starts work that sends queries later. */
function service() {
  const gate = new Latch();
  const results: Promise<unknown>[] = [];
  @Service()
  class Poller {
    constructor(db: Db) {
      const query = async (): Promise<unknown> => {
        await gate.opened;
        return db.execute(sql`select 1 as one`);
      };
      results.push(query());
    }

    @OnSignal(happened)
    receive(): void {}
  }
  return { Poller, gate, results };
}

type Use = (h: Harness, Poller: new (db: Db) => object) => Promise<unknown>;
const emitReliably: Use = (h) => h.db.transaction(async (tx) => happened.emitReliable(tx, {}));

const ways: [way: string, testing: 'immediate' | undefined, use: Use][] = [
  ['a delivery', undefined, async (h, Poller) => (await emitReliably(h, Poller), h.box.drain())],
  ['a delivery in immediate mode', 'immediate', emitReliably],
  ['emit', undefined, (h) => h.db.transaction(async (tx) => happened.emit(tx, {}))],
  ['emitRobust', undefined, (h) => h.db.transaction(async (tx) => happened.emitRobust(tx, {}))],
  ['box.get in a transaction', undefined, (h, Poller) => h.db.transaction(async () => h.box.get(Poller))],
];

test.each(ways)('a service that is first needed by %s is made outside of its transaction', async (_way, testing, use) => {
  const { Poller, gate, results } = service();
  await using h = await harness({ services: [Poller], ...(testing && { testing }) });
  await use(h, Poller);
  gate.open();
  expect(await Promise.all(results)).toMatchObject([[{ one: 1 }]]);
});
