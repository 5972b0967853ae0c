// Receivers that do more, less or something else when they run again, each with a twin that does not. `db` is the plain database, another
// connection than that of the receiver's transaction.
import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Class, defineSignal, type DeliveryContext, type DetachedDeliveryContext, OnSignal } from '../../../src/index.ts';
import type { Recorder } from '../../../src/testing.ts';
import { account, type Db, entry, note, plusOne } from '../crashes/crash-bench.ts';

export const paid = defineSignal('corpus.paid', z.object({ order: z.string() }));

export interface World {
  readonly db: Db;
  /** An outside service, which knows keys. */
  readonly send: Recorder<[text: string, key?: string | undefined], string>;
}

type Payload = { readonly order: string };
type Receive<Context> = (world: World, payload: Payload, context: Context) => Promise<unknown>;

type Made = Class<{ receive(payload: Payload, context: never): Promise<void> }>;

const detached =
  (receive: Receive<DetachedDeliveryContext>) =>
  (world: World): Made => {
    class Receiving {
      @OnSignal(paid, { transactional: false })
      async receive(payload: Payload, context: DetachedDeliveryContext): Promise<void> {
        await receive(world, payload, context);
      }
    }
    return Receiving;
  };

const inTransaction =
  (receive: Receive<DeliveryContext>) =>
  (world: World): Made => {
    class Receiving {
      @OnSignal(paid)
      async receive(payload: Payload, context: DeliveryContext): Promise<void> {
        await receive(world, payload, context);
      }
    }
    return Receiving;
  };

const txOf = ({ tx }: DeliveryContext): Db => tx;

export interface ReceiverCase {
  readonly flaw: string;
  readonly faulty: (world: World) => Made;
  /** What the failure says. */
  readonly says: RegExp;
  readonly right: (world: World) => Made;
}

export const RECEIVERS: readonly ReceiverCase[] = [
  {
    flaw: 'a counter on another connection',
    faulty: inTransaction(({ db }) => db.update(account).set(plusOne)),
    says: /ran again after a crash.*\n {2}account: balance 1 became 2/,
    right: inTransaction((_world, _payload, context) => txOf(context).update(account).set(plusOne)),
  },
  {
    flaw: 'a counter without a transaction',
    faulty: detached(({ db }) => db.update(account).set(plusOne)),
    says: /account: balance 1 became 2/,
    right: detached(async ({ db }, _payload, { idempotencyKey }) =>
      db.transaction(async (tx) => {
        const [fresh] = await tx.insert(entry).values({ key: idempotencyKey, n: 1 }).onConflictDoNothing().returning();
        if (fresh) await tx.update(account).set(plusOne);
      }),
    ),
  },
  {
    flaw: 'a row on another connection',
    faulty: inTransaction(({ db }, { order }) => db.insert(note).values({ about: order })),
    says: /note: the row \{"about":"7"\} is one too many/,
    right: inTransaction((_world, { order }, context) => txOf(context).insert(note).values({ about: order })),
  },
  {
    flaw: 'a row without a key',
    faulty: detached(({ db }, { order }) => db.insert(note).values({ about: order })),
    says: /note: the row \{"about":"7"\} is one too many/,
    right: detached(({ db }, { order }) => db.insert(entry).values({ key: order, n: 1 }).onConflictDoNothing()),
  },
  {
    flaw: 'a conflict that adds',
    faulty: detached(({ db }, { order }) =>
      db
        .insert(entry)
        .values({ key: order, n: 1 })
        .onConflictDoUpdate({ target: entry.key, set: { n: sql`${entry.n} + 1` } }),
    ),
    says: /entry: n 1 became 2/,
    right: detached(({ db }, { order }) =>
      db
        .insert(entry)
        .values({ key: order, n: 1 })
        .onConflictDoUpdate({ target: entry.key, set: { n: 1 } }),
    ),
  },
  {
    flaw: 'a date of the clock',
    faulty: detached(({ db }, { order }) => {
      const at = new Date();
      return db.insert(entry).values({ key: order, n: 1, at }).onConflictDoUpdate({ target: entry.key, set: { at } });
    }),
    says: /entry: at ".*" became ".*" in the row/,
    right: detached(({ db }, { order }, { emission: { emittedAt: at } }) =>
      db.insert(entry).values({ key: order, n: 1, at }).onConflictDoUpdate({ target: entry.key, set: { at } }),
    ),
  },
  {
    flaw: 'a call without a key',
    faulty: inTransaction(({ send }, { order }) => send(order)),
    says: /calls\[0\] acted once more: without a key, \[ '7' \]/,
    right: inTransaction(({ send }, { order }, { idempotencyKey }) => send(order, idempotencyKey)),
  },
  {
    flaw: 'a key of chance',
    faulty: detached(({ send }, { order }) => send(order, randomUUID())),
    says: /calls\[0\] acted once more: with the key/,
    right: detached(({ send }, { order }, { idempotencyKey }) => send(order, idempotencyKey)),
  },
  {
    flaw: 'a look before the insert, which two at once pass',
    faulty: detached(async ({ db }, { order }) => {
      const found = await db.select().from(note).where(eq(note.about, order));
      await meet();
      if (found.length === 0) await db.insert(note).values({ about: order });
    }),
    says: /ran twice at once.*\n {2}note: the row \{"about":"7"\} is one too many/,
    right: detached(async ({ db }, { order }) =>
      db.transaction(async (tx) => {
        await tx.select().from(account).for('update');
        const found = await tx.select().from(note).where(eq(note.about, order));
        if (found.length === 0) await tx.insert(note).values({ about: order });
      }),
    ),
  },
  {
    flaw: 'a guard that is committed before the work',
    faulty: inTransaction(async ({ db }, { order }, context) => {
      const [fresh] = await db.insert(entry).values({ key: order, n: 1 }).onConflictDoNothing().returning();
      if (fresh) await txOf(context).insert(note).values({ about: order });
    }),
    says: /note: the row \{"about":"7"\} is missing/,
    right: inTransaction(async (_world, { order }, context) => {
      const [fresh] = await txOf(context).insert(entry).values({ key: order, n: 1 }).onConflictDoNothing().returning();
      if (fresh) await txOf(context).insert(note).values({ about: order });
    }),
  },
  {
    flaw: 'an error that is swallowed, and taken for another',
    faulty: detached(async ({ db }, { order }) => {
      try {
        await db.insert(entry).values({ key: order, n: 1 });
      } catch {
        await db.insert(note).values({ about: 'could not be entered' });
      }
    }),
    says: /note: the row \{"about":"could not be entered"\} is one too many/,
    right: detached(({ db }, { order }) => db.insert(entry).values({ key: order, n: 1 }).onConflictDoNothing()),
  },
  {
    flaw: 'a number that follows the last one',
    faulty: detached(async ({ db }) => {
      const n = await db.$count(entry);
      await db.insert(entry).values({ key: `invoice ${n + 1}`, n: n + 1 });
    }),
    says: /entry: the row .*"invoice 2".* is one too many/,
    right: inTransaction(async (_world, _payload, context) => {
      const n = await txOf(context).$count(entry);
      await txOf(context)
        .insert(entry)
        .values({ key: `invoice ${n + 1}`, n: n + 1 });
    }),
  },
  {
    flaw: 'a sum that is read and written back',
    faulty: detached(async ({ db }) => {
      const [found] = await db.select().from(account);
      await db.update(account).set({ balance: found!.balance + 10 });
    }),
    says: /account: balance 10 became 20/,
    right: detached(({ db }) => db.update(account).set({ balance: 10 })),
  },
];

/** A turn that lets another run of the same code come as far. */
const meet = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 200));
