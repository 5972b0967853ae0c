// simulateCrashes: finds the point at which a workflow may not die, and says where it is.
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, OnSignal } from '../../../src/index.ts';
import { recorder, simulateCrashes } from '../../../src/testing.ts';
import { account, balanceOf, type BankBox, countNotes, lifeOf, note, openBank, plusOne } from './crash-bench.ts';

// Each test runs a workflow some forty times.
vi.setConfig({ testTimeout: 240_000 });

const paid = defineSignal('crashes.paid', z.object({}));

class Notes {
  @OnSignal(paid)
  static async write(_payload: object, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(note).values({ about: 'paid' });
  }
}

const pay = (box: BankBox): Promise<unknown> =>
  box.db.transaction(async (tx) => {
    await tx.update(account).set(plusOne);
    await paid.emitReliable(tx, {});
  });

/** The signal comes after the COMMIT. */
async function payThenTell(box: BankBox): Promise<void> {
  await box.db.transaction(async (tx) => void (await tx.update(account).set(plusOne)));
  await box.db.transaction((tx) => paid.emitReliable(tx, {}));
}

const oneNoteForEachPayment = async (box: BankBox): Promise<void> => expect(await countNotes(box)).toBe(await balanceOf(box));

test.each(['postgres.js', 'node-postgres'] as const)('on %s a right workflow holds at every point', async (driver) => {
  const report = await simulateCrashes({
    database: openBank,
    box: lifeOf([Notes], {}, driver),
    workflow: pay,
    invariant: oneNoteForEachPayment,
  });
  const kinds = report.points.map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['before', 'after', 'lost']));
  expect(report.points.filter(({ place }) => place?.includes('simulate.system.test.ts')).map(({ statement }) => statement)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^update "account"/), expect.stringMatching(/^insert into "note"/)]),
  );
});

test('a signal after the COMMIT is lost by a crash between the two', async () => {
  const simulated = simulateCrashes({
    database: openBank,
    box: lifeOf([Notes]),
    workflow: payThenTell,
    invariant: oneNoteForEachPayment,
  });
  const { message } = (await simulated.catch((error: unknown) => error)) as Error;
  expect(message).toMatch(/^[1-9] of \d+ crash points break the invariant\./);
  expect(message).toMatch(
    /After a crash after statement \d+ \(commit, at .*simulate\.system\.test\.ts:\d+:\d+\):\n {2}expected \+?0 to be 1/,
  );
  expect(message).not.toMatch(/before statement \d+ \(update/);
  expect(message).toContain('It does not see');
  const [, only] = /only: '(\d+ after)'/.exec(message)!;
  const replayed = simulateCrashes({
    database: openBank,
    box: lifeOf([Notes]),
    workflow: payThenTell,
    invariant: oneNoteForEachPayment,
    only: only!,
  });
  await expect(replayed).rejects.toThrow('1 of 1 crash points break the invariant.');
});

test('code that catches goes on with nothing after the crash', async () => {
  const tell = recorder((what: string) => what);
  const workflow = async (box: BankBox): Promise<void> => {
    try {
      await pay(box);
    } catch {
      void tell('failed');
    } finally {
      if ((await balanceOf(box)) > 99) void tell('never');
    }
  };
  await simulateCrashes({ database: openBank, box: lifeOf([Notes]), workflow, invariant: oneNoteForEachPayment });
  expect(tell.calls).toEqual([]);
});

test('a receiver without a transaction and without a guard acts twice, and its own line is named', async () => {
  const open = lifeOf([]);
  const simulated = simulateCrashes({
    database: openBank,
    box: (life) => {
      const box = open(life);
      class Own {
        @OnSignal(paid, { transactional: false })
        async act(): Promise<void> {
          await box.db.insert(note).values({ about: 'sent' });
        }
      }
      box.framework.register([Own]);
      return box;
    },
    workflow: pay,
    invariant: oneNoteForEachPayment,
  });
  await expect(simulated).rejects.toThrow(/After a crash after statement \d+ \(insert into "note".*simulate\.system\.test\.ts:\d+/);
});

test('a caller that repeats is part of the workflow', async () => {
  const invariant = async (box: BankBox): Promise<boolean> => (await balanceOf(box)) === 1 && (await countNotes(box)) === 1;
  const once = { database: openBank, box: lifeOf([Notes]), workflow: pay, invariant };
  await expect(simulateCrashes({ ...once, stopAtFirst: true })).rejects.toThrow('crash points break the invariant');
  const payOnce = (box: BankBox): Promise<unknown> =>
    box.db.transaction(async (tx) => {
      const [found] = await tx.select().from(account).for('update');
      if (found!.balance > 0) return;
      await tx.update(account).set(plusOne);
      await paid.emitReliable(tx, {});
    });
  await simulateCrashes({ ...once, workflow: payOnce, repeats: true });
});

test('it stops at the first broken point where it is told to, and says how many it has not tried', async () => {
  const wrong = { database: openBank, box: lifeOf([Notes]), workflow: payThenTell, stopAtFirst: true };
  let asked = 0;
  // Holds without a crash, and at no point.
  const invariant = (): boolean => ++asked === 1;
  const { message, actual } = (await simulateCrashes({ ...wrong, invariant }).catch((error: unknown) => error)) as {
    message: string;
    actual: unknown[];
  };
  // Four run at once.
  expect(asked).toBeLessThanOrEqual(5);
  expect(actual.length).toBe(asked - 1);
  expect(message).toMatch(/^\d of \d crash points break the invariant\. \d+ more were not tried\.\n/);
});

test('what does not hold without a crash, an untracked client and an unknown point are refused', async () => {
  const holds = { database: openBank, box: lifeOf([Notes]), workflow: pay, invariant: () => true };
  await expect(simulateCrashes({ ...holds, invariant: () => false })).rejects.toThrow(
    'does not hold without a crash: invariant returned false.',
  );
  await expect(simulateCrashes({ ...holds, only: '99 before' })).rejects.toThrow(
    'only is 99 before, and there is no such point. There are ',
  );
  const untracked = lifeOf([Notes]);
  const box = ({ url }: { url: string }): BankBox => untracked({ url, own: (client) => client });
  await expect(simulateCrashes({ ...holds, box })).rejects.toThrow('sent no statement through a client that was given to own');
  await expect(simulateCrashes({ ...holds, workfolw: pay } as never)).rejects.toThrow('Did you mean workflow?');
  await expect(simulateCrashes({ ...holds, workflow: () => Promise.reject(new Error('wrong')) })).rejects.toThrow('wrong');
});
