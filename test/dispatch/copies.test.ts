// Two copies of the package in one process, as bundlers make them: the box of one copy knows the tags, injections and
// emits of the other. test/contract/copies.system.test.ts tests copies of the built package, in both modes of
// decorators.
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import type * as Signalbox from '../../src/index.ts';
import { Db, isSignalboxError, OnSignal, provide } from '../../src/index.ts';
import { harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

async function importCopy(): Promise<typeof Signalbox> {
  vi.resetModules();
  return import('../../src/index.ts');
}

test('a signal of another copy of the package finds the box, and its errors are known', async () => {
  const { defineSignal, isSignalboxError: isKnownThere } = await importCopy();
  const happened = defineSignal('copies.happened', z.object({ value: z.number() }));
  const received: number[] = [];
  class Listener {
    @OnSignal(happened)
    static async receive({ value }: { value: number }): Promise<void> {
      received.push(value);
    }
  }
  await using h = await harness({ services: [Listener] });
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 7 })));
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  expect(received).toEqual([7]);
  const refused: unknown = await happened.emitReliable(h.db as never, { value: 1 }).catch((error: unknown) => error);
  expect([isSignalboxError(refused), isKnownThere(refused)]).toEqual([true, true]);
});

test('receivers, services, Db, tokens, inject and @Transactional of another copy are those of the box', async () => {
  const other = await importCopy();
  expect(other.OnSignal).not.toBe(OnSignal);
  const happened = other.defineSignal('copies.services', z.object({ value: z.number() }));
  const CLOCK = new other.Token<string>('clock');
  const received: string[] = [];

  @other.Service()
  class Helper {}

  @other.Service({ inject: [other.Db, CLOCK] })
  class Listener {
    readonly helper = other.inject(Helper);
    constructor(
      readonly db: Signalbox.Db,
      readonly clock: string,
    ) {}

    @other.Transactional()
    async emit(value: number): Promise<void> {
      await happened.emitReliable(this.db, { value });
    }

    @other.OnSignal(happened)
    async receive({ value }: { value: number }, { tx }: Signalbox.DeliveryContext): Promise<void> {
      expect(this.helper).toBeInstanceOf(Helper);
      expect(await this.db.execute('select pg_current_xact_id()::text as id')).toEqual(
        await tx.execute('select pg_current_xact_id()::text as id'),
      );
      received.push(`${value} at ${this.clock}`);
    }

    @other.OnSignal(happened)
    static async unwanted(): Promise<void> {
      throw new other.Discard('not wanted');
    }
  }

  expect(other.Db).toBe(Db);
  await using h = await harness({ services: [Listener], providers: [provide(CLOCK, { useValue: 'noon' })] });
  await h.box.get(Listener).emit(7);
  expect(await h.box.drain()).toMatchObject({ completed: 1, cancelled: 1 });
  expect(received).toEqual(['7 at noon']);
  expect(() => h.box.get(new other.Token('absent'))).toThrow('Nothing provides Token(absent)');
});

test('a warning names a class with @Service of another copy that no box was given', async () => {
  const other = await importCopy();
  const happened = other.defineSignal('copies.forgotten', z.object({}));
  @other.Service()
  class ForgottenByAll {
    @other.OnSignal(happened)
    async receive(): Promise<void> {}
  }
  const { log, lines } = recordingLogger();
  await using h = await harness({ log });
  h.box.worker();
  expect(ForgottenByAll).toBeDefined();
  expect(lines).toContainEqual(
    expect.objectContaining({ message: expect.stringMatching(/^ForgottenByAll has @OnSignal methods/) as string }),
  );
});

test.each([
  ['a method', Symbol.for('signalbox.onSignal'), (service: Signalbox.Class) => service.prototype as object],
  ['a static method', Symbol.for('signalbox.onSignal'), (service: Signalbox.Class) => service],
  ['a class', Symbol.for('signalbox.service'), (service: Signalbox.Class) => service],
])('the data of a copy with another format about %s is refused by name', async (_what, key, holderOf) => {
  class Far {}
  class Heir extends Far {}
  for (const format of [undefined, 0, 2, '1']) {
    Object.defineProperty(holderOf(Far), key, { value: { format, value: [] }, configurable: true });
    for (const service of [Far, Heir])
      await expect(harness({ services: [service] })).rejects.toMatchObject({
        code: 'IncompatibleCopy',
        message: expect.stringMatching(/^Far comes from a copy of signalbox/) as string,
      });
  }
});
