// Further members of the box: plain functions as receivers, other containers, onDead, health.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  createSignalbox,
  Db,
  defineSignal,
  type DeliveryContext,
  OnSignal,
  Service,
  Transactional,
  Unrecoverable,
} from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';
import { harness, type Harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

const happened = defineSignal('box.happened', z.object({ value: z.number() }));
const other = defineSignal('box.other', z.object({ text: z.string() }));

const emit = async (h: Harness, value = 1): Promise<number> =>
  h.db.transaction(async (tx) => (await happened.emitReliable(tx, { value })).deliveries);

test('a function is a receiver until it is disconnected; what is stored by then waits', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  const disconnect = h.box.receivers.connect(
    happened,
    async ({ value }, { tx }) => {
      await tx.insert(effects).values({ receiver: 'function', value });
    },
    { name: 'ledger.note' },
  );
  expect(await emit(h, 1)).toBe(1);
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  disconnect();
  disconnect();
  await emit(h, 2);
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  expect(await readDeliveries(h.sql)).toMatchObject([{ receiver: 'ledger.note' }, { receiver: 'ledger.note', state: 'ready', attempt: 0 }]);
  expect(await readEffects(h.sql)).toEqual(['function:1']);
});

test('a function may receive several signals, without a transaction, beside methods', async () => {
  const heard: unknown[] = [];
  await using h = await harness();
  h.box.receivers.connect([happened, other], (payload, context) => heard.push([payload, 'tx' in context]), {
    name: 'log.all',
    transactional: false,
  });
  await happened.emit(h.db, { value: 1 });
  await h.db.transaction(async (tx) => void (await other.emitReliable(tx, { text: 'x' })));
  await h.box.drain();
  expect(heard).toEqual([
    [{ value: 1 }, false],
    [{ text: 'x' }, false],
  ]);
});

test('a receiver that is connected while a worker runs is served by it', async () => {
  await using h = await harness();
  h.box.receivers.connect(other, () => {}, { name: 'first' });
  await using worker = h.box.worker({ pollInterval: 50 });
  await worker.start();
  h.box.receivers.connect(happened, () => {}, { name: 'second' });
  const completed = h.box.next('delivery.completed');
  await emit(h);
  expect(await completed).toMatchObject({ receiver: 'second' });
});

test('a name that is taken, and no name at all, are refused, and nothing is changed by it', async () => {
  await using h = await harness();
  h.box.receivers.connect(happened, () => {}, { name: 'taken' });
  expect(() => h.box.receivers.connect(happened, () => {}, { name: 'taken' })).toThrow(
    expect.objectContaining({ code: 'ReceiverNameTaken' }),
  );
  expect(() => h.box.receivers.connect(happened, () => {}, {} as never)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  expect(() => h.box.receivers.connect(happened, undefined as never, { name: 'nothing' })).toThrow(
    expect.objectContaining({ code: 'InvalidOption' }),
  );
  expect(await emit(h)).toBe(1);
});

test('receivers.has knows those of this process and those of the catalogue', async () => {
  await using h = await harness();
  expect([await h.box.receivers.has(happened), await h.box.receivers.has(happened.name)]).toEqual([false, false]);
  const elsewhere = h.another();
  elsewhere.receivers.connect(happened, () => {}, { name: 'elsewhere' });
  expect(await elsewhere.receivers.has(happened)).toBe(true);
  expect(await h.box.receivers.has(happened)).toBe(false);
  await elsewhere.drain();
  expect([await h.box.receivers.has(happened), await h.box.receivers.has(happened.name)]).toEqual([true, true]);
  expect(await h.box.receivers.has(other)).toBe(false);
});

test.each(['at once', 'by a promise'])(
  'services come from another container, %s, and their transactions belong to the box',
  async (how) => {
    @Service()
    class Ledger {
      constructor(
        private readonly db: Db,
        readonly label: string,
      ) {}

      @OnSignal(happened)
      async receive({ value }: { value: number }, _context: DeliveryContext): Promise<void> {
        await this.write(value);
      }

      @Transactional()
      async write(value: number): Promise<void> {
        await this.db.insert(effects).values({ receiver: this.label, value });
        if (value < 0) throw new Error('undone');
      }
    }
    await using h = await harness();
    await createEffects(h.sql);
    await h.box.close();
    let made = 0;
    const box = createSignalbox({
      db: h.db,
      log: false,
      services: [Ledger],
      resolve: (token) => {
        expect(token).toBe(Ledger);
        const ledger = new Ledger(box.db, `made ${++made}`);
        return how === 'at once' ? ledger : Promise.resolve(ledger);
      },
    });
    await emit(h, 1);
    await emit(h, -1);
    expect(await box.drain()).toMatchObject({ completed: 1, retrying: 1 });
    expect(await readEffects(h.sql)).toEqual([expect.stringMatching(/^made [12]:1$/) as string]);
    await box.close();
  },
);

test('onDead is told of each dead delivery after it is written; what it throws is logged', async () => {
  const { log, lines } = recordingLogger();
  const told: unknown[] = [];
  await using h = await harness({
    log,
    onDead: async ({ receiver, error }) => {
      told.push([receiver, String(error), (await readDeliveries(h.sql))[0]!.state]);
      throw new Error('the pager is broken');
    },
  });
  h.box.receivers.connect(
    happened,
    () => {
      throw new Unrecoverable('no');
    },
    { name: 'always.dead' },
  );
  await emit(h);
  await h.box.drain();
  await expect.poll(() => told).toEqual([['always.dead', 'Unrecoverable: no', 'dead']]);
  await expect.poll(() => lines.map(({ message }) => message)).toContain('a listener of delivery.dead threw');
});

test('health says whether the database answers, has the tables, and how the workers of this process do', async () => {
  await using h = await harness();
  h.box.receivers.connect(happened, () => {}, { name: 'healthy' });
  expect(await h.box.workers.health()).toEqual({ ok: true, database: { ok: true }, workers: [] });
  await using worker = h.box.worker();
  await worker.start();
  expect(await h.box.workers.health()).toEqual({
    ok: true,
    database: { ok: true },
    workers: [{ id: expect.any(Number) as number, running: 0, failing: false, paused: [] }],
  });
  await h.sql`drop table signalbox.delivery_error`;
  expect(await h.box.workers.health()).toMatchObject({ ok: false, database: { ok: false, error: { code: 'MigrationMissing' } } });
  const away = postgres('postgres://nobody@127.0.0.1:9/none', { max: 1 });
  await using box = createSignalbox({ db: drizzle({ client: away }), log: false });
  expect(await box.workers.health()).toMatchObject({ ok: false, database: { ok: false, error: { code: 'DatabaseUnreachable' } } });
});
