// Twenty workflows with a fault, which the kit finds, and their twins without one, in which it finds nothing.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { createSignalbox } from '../../../src/index.ts';
import { assertIdempotent, type CrashReport, type LifeOpening, recorder, simulateCrashes } from '../../../src/testing.ts';
import { account, type BankBox, type Db, entry, note, openBank } from '../crashes/crash-bench.ts';
import { type ReceiverCase, RECEIVERS } from './receivers.ts';
import { notePlain, oneNoteForEach, type SenderCase, SENDERS, servicesOf } from './senders.ts';

async function judgeReceiver(receiving: ReceiverCase['faulty']): Promise<void> {
  await using database = await openBank();
  const db = drizzle({ client: database.own(postgres(database.url, { max: 4, fetch_types: false })) }) as Db;
  const send = recorder((text: string, _key?: string) => `sent ${text}`, { key: (_text, key?: string) => key });
  const Receiving = receiving({ db, send });
  const box = database.own(createSignalbox({ db, services: [Receiving], testing: 'manual', log: false, outsideWrites: 'allow' }));
  await assertIdempotent(box, Receiving, 'receive', { order: '7' }, { tables: [account, note, entry], calls: [send] });
}

test.each(RECEIVERS)('a receiver with $flaw is found', async ({ faulty, says }) => {
  await expect(judgeReceiver(faulty)).rejects.toThrow(says);
});

test.each(RECEIVERS)('the twin of one with $flaw passes', async ({ right }) => {
  await judgeReceiver(right);
});

function judgeSender(one: SenderCase, which: 'faulty' | 'right'): Promise<CrashReport> {
  const box = ({ url, own }: LifeOpening): BankBox => {
    const db = drizzle({ client: own(postgres(url, { max: 4, fetch_types: false })) }) as Db;
    let made: BankBox | undefined;
    const services = servicesOf(one, which, () => made!);
    made = createSignalbox({ db, services, log: false, outsideWrites: 'allow' });
    notePlain(made, db);
    return made;
  };
  return simulateCrashes({
    database: openBank,
    box,
    workflow: one[which],
    invariant: one.invariant ?? oneNoteForEach,
    repeats: one.repeats ?? false,
    stopAtFirst: which === 'faulty',
  });
}

/** Several faults have the same twin, which is judged once. */
const twins = SENDERS.filter(
  (one, index) => SENDERS.findIndex(({ right, invariant }) => right === one.right && invariant === one.invariant) === index,
);

test.each(SENDERS)('a workflow with $flaw is found', { timeout: 120_000 }, async (one) => {
  await expect(judgeSender(one, 'faulty')).rejects.toThrow('crash points break the invariant');
});

test.each(twins)('the twin of one with $flaw passes at every point', { timeout: 120_000 }, async (one) => {
  const { points } = await judgeSender(one, 'right');
  expect(points.length).toBeGreaterThan(20);
});

test('there are twenty of them', () => {
  expect(RECEIVERS.length + SENDERS.length).toBeGreaterThanOrEqual(20);
});
