// Workflows that a crash tears apart, each with a twin that it does not: an account gets 1, and a note tells of it.
import { z } from 'zod';
import { type Class, defineSignal, type DeliveryContext, OnSignal } from '../../../src/index.ts';
import { account, type BankBox, countNotes, balanceOf, type Db, note, plusOne } from '../crashes/crash-bench.ts';

export const credited = defineSignal('corpus.credited', z.object({}));

class Notes {
  @OnSignal(credited)
  static async write(_payload: object, { tx }: DeliveryContext): Promise<void> {
    await (tx as unknown as Db).insert(note).values({ about: 'credited' });
  }
}

/** Its second step is a transaction of its own. */
const inSteps = (box: () => BankBox): Class => {
  class Steps {
    @OnSignal(credited, { transactional: false })
    async write(): Promise<void> {
      await box().db.insert(note).values({ about: 'credited' });
    }
  }
  return Steps;
};

export interface SenderCase {
  readonly flaw: string;
  readonly faulty: (box: BankBox) => Promise<unknown>;
  readonly right: (box: BankBox) => Promise<unknown>;
  readonly invariant?: (box: BankBox) => Promise<boolean>;
  readonly repeats?: boolean;
  readonly services?: { readonly faulty: (box: () => BankBox) => Class; readonly right: (box: () => BankBox) => Class };
}

const credit = (box: BankBox): Promise<unknown> =>
  box.db.transaction(async (tx) => {
    await tx.update(account).set(plusOne);
    await credited.emitReliable(tx, {});
  });

export const oneNoteForEach = async (box: BankBox): Promise<boolean> => (await countNotes(box)) === (await balanceOf(box));
const atMostOnce = async (box: BankBox): Promise<boolean> => (await balanceOf(box)) === 1 && (await countNotes(box)) === 1;

export const servicesOf = ({ services }: SenderCase, which: 'faulty' | 'right', box: () => BankBox): Class[] => [
  services ? services[which](box) : Notes,
];

export const SENDERS: readonly SenderCase[] = [
  {
    flaw: 'a signal after the COMMIT',
    faulty: async (box) => {
      await box.db.transaction(async (tx) => void (await tx.update(account).set(plusOne)));
      await box.db.transaction(async (tx) => credited.emitReliable(tx, {}));
    },
    right: credit,
  },
  {
    flaw: 'a signal before the write that it tells of',
    faulty: async (box) => {
      await box.db.transaction(async (tx) => credited.emitReliable(tx, {}));
      await box.db.transaction(async (tx) => void (await tx.update(account).set(plusOne)));
    },
    right: credit,
  },
  {
    flaw: 'an emit that is not part of the transaction',
    faulty: async (box) => {
      await box.db.transaction(async (tx) => void (await tx.update(account).set(plusOne)));
      await credited.emit(box.db, {});
    },
    right: credit,
  },
  {
    flaw: 'a write on the plain database inside the transaction',
    faulty: async (box) => {
      const { plain } = plainOf(box);
      await box.db.transaction(async (tx) => {
        await plain.update(account).set(plusOne);
        await credited.emitReliable(tx, {});
      });
    },
    right: credit,
  },
  {
    flaw: 'a callback after the commit, for what may not be lost',
    faulty: (box) =>
      box.db.transaction(async (tx) => {
        await tx.update(account).set(plusOne);
        box.afterCommit(tx, () => plainOf(box).plain.insert(note).values({ about: 'credited' }));
      }),
    right: credit,
  },
  {
    flaw: 'a caller that repeats, and no guard',
    faulty: credit,
    right: (box) =>
      box.db.transaction(async (tx) => {
        const [found] = await tx.select().from(account).for('update');
        if (found!.balance > 0) return;
        await tx.update(account).set(plusOne);
        await credited.emitReliable(tx, {});
      }),
    invariant: atMostOnce,
    repeats: true,
  },
  {
    flaw: 'a receiver without a transaction, and no guard',
    faulty: credit,
    right: credit,
    services: { faulty: inSteps, right: () => Notes },
  },
];

/** The database object of a box, by which a write is on a connection of its own. */
const plain = new WeakMap<object, Db>();
export const notePlain = (box: BankBox, db: Db): void => void plain.set(box, db);
const plainOf = (box: BankBox): { plain: Db } => ({ plain: plain.get(box)! });
