// Start, stop, tick and close in any order and in one turn of the event loop; the references that a box keeps to ended
// workers; and calls in a receiver that would wait for that receiver.
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  defineSignal,
  type DeliveryContext,
  type DetachedDeliveryContext,
  OnSignal,
  type Signalbox,
  type Worker,
} from '../../src/index.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

const happened = defineSignal('order-of-life.happened', z.object({}));
const noted = defineSignal('order-of-life.noted', z.object({}));

/**
 * Receivers that open `entered` when they run, and then follow the script of the test; by default they wait for `gate`.
 */
function receivers() {
  const [entered, gate] = [new Latch(), new Latch()];
  const told: { script: (emissionId: string) => unknown } = { script: () => gate.opened };
  class Receivers {
    @OnSignal(happened, { transactional: false })
    static async detached(_payload: unknown, { abortSignal, emission }: DetachedDeliveryContext): Promise<void> {
      entered.open();
      await Promise.race([told.script(emission.id), new Promise((resolve) => abortSignal.addEventListener('abort', resolve))]);
    }

    @OnSignal(noted)
    static async transactional(_payload: unknown, { emission }: DeliveryContext): Promise<void> {
      entered.open();
      await told.script(emission.id);
    }
  }
  return { Receivers, entered, gate, told };
}

const emit = async (h: Harness, signal: typeof happened | typeof noted = happened): Promise<unknown> =>
  h.db.transaction(async (tx) => (signal as typeof happened).emitReliable(tx, {}));

const leases = async (h: Harness): Promise<number> => (await h.sql`select from signalbox.worker`).length;

const orders: [order: string, script: (worker: Worker, h: Harness) => Promise<unknown>[]][] = [
  ['stop, start', (worker) => [worker.stop(), worker.start()]],
  ['forced stop, start', (worker) => [worker.stop({ force: true }), worker.start()]],
  ['stop, stop', (worker) => [worker.stop(), worker.stop()]],
  ['start, start', (worker) => [worker.start(), worker.start()]],
  ['start, stop', (worker) => [worker.start(), worker.stop()]],
  ['start, forced stop, start', (worker) => [worker.start(), worker.stop({ force: true }), worker.start()]],
  ['start, tick', (worker) => [worker.start(), worker.tick()]],
  ['stop, tick', (worker) => [worker.stop(), worker.tick()]],
  ['tick, start', (worker) => [worker.tick(), worker.start()]],
  ['tick, stop', (worker) => [worker.tick(), worker.stop()]],
  ['tick, tick', (worker) => [worker.tick(), worker.tick()]],
  ['start, close', (worker, h) => [worker.start(), h.box.close()]],
  ['tick, close', (worker, h) => [worker.tick(), h.box.close()]],
  ['close, start', (worker, h) => [h.box.close(), worker.start()]],
  ['close, tick', (worker, h) => [h.box.close(), worker.tick()]],
];

test.each(orders)('%s, in one turn: each call has its effect or is refused, and nothing of the worker is left', async (order, begin) => {
  const { Receivers } = receivers();
  await using h = await harness({ services: [Receivers] });
  const worker = h.box.worker();
  const results = await Promise.allSettled(begin(worker, h));
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as { code?: string }).code] : []));
  const expected: Record<string, string[]> = {
    'stop, start': ['WorkerBusy'],
    'forced stop, start': ['WorkerBusy'],
    'start, start': ['WorkerBusy'],
    'start, forced stop, start': ['WorkerBusy'],
    'start, tick': ['WorkerBusy'],
    'stop, tick': ['WorkerBusy'],
    'tick, start': ['WorkerBusy'],
    'close, start': ['BoxClosed'],
    'close, tick': ['BoxClosed'],
  };
  expect(refused).toEqual(expected[order] ?? []);
  await worker.stop();
  expect(await leases(h)).toBe(0);
  await h.box.close();
});

test('overlapping ticks have a lease each, and leave none behind', async () => {
  const { Receivers, entered, gate } = receivers();
  await using h = await harness({ services: [Receivers] });
  const worker = h.box.worker();
  await emit(h);
  const first = worker.tick();
  await entered.opened;
  expect(await worker.tick()).toEqual({ completed: 0, retrying: 0, dead: 0, cancelled: 0, released: 0 });
  expect(await leases(h)).toBe(1);
  gate.open();
  expect(await first).toMatchObject({ completed: 1 });
  expect(await leases(h)).toBe(0);
});

/** Starts a tick whose receiver waits for the gate, and reports whether the tick has ended. */
async function ticking(h: Harness, worker: Worker, entered: Latch): Promise<{ ended: boolean }> {
  await emit(h);
  const tick = { ended: false };
  void worker.tick().then(() => (tick.ended = true));
  await entered.opened;
  return tick;
}

/** The tick itself is notified in the same turn. */
const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('closing a box waits for the running ticks', async () => {
  const { Receivers, entered, gate } = receivers();
  await using h = await harness({ services: [Receivers] });
  const tick = await ticking(h, h.box.worker(), entered);
  const closed = h.box.close();
  gate.open();
  await closed;
  await turn();
  expect(tick.ended).toBe(true);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed' }]);
});

test('closing a box ends the running ticks, and a forced stop interrupts them', async () => {
  const { Receivers, entered, gate } = receivers();
  await using h = await harness({ services: [Receivers] });
  using _ = { [Symbol.dispose]: () => gate.open() };
  const worker = h.box.worker();
  const tick = await ticking(h, worker, entered);
  const closed = h.box.close();
  await worker.stop({ force: true });
  await turn();
  expect(tick.ended).toBe(true);
  await closed;
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0 }]);
  expect(await leases(h)).toBe(0);
});

test('a box keeps no reference to a worker that has ended, or that was never used', async () => {
  const { Receivers } = receivers();
  await using h = await harness({ services: [Receivers] });
  const made: WeakRef<Worker>[] = [];
  const make = async (use: (worker: Worker) => Promise<unknown>): Promise<void> => {
    const worker = h.box.worker();
    made.push(new WeakRef(worker));
    await use(worker);
  };
  await make(async () => {});
  await make((worker) => worker.tick());
  await make(async (worker) => {
    await worker.start();
    await worker.stop();
  });
  // V8 may keep an object for a while before it collects it.
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await expect
    .poll(
      () => {
        collect();
        return made.filter((one) => one.deref() !== undefined).length;
      },
      { timeout: 30_000 },
    )
    .toBe(0);
});

const waits: [what: string, call: (box: Signalbox, worker: Worker, emissionId: string) => Promise<unknown>][] = [
  ['close()', (box) => box.close()],
  ['stop()', (_box, worker) => worker.stop()],
  ['a forced stop()', (_box, worker) => worker.stop({ force: true })],
  ['settled() of its own emission', (box, _worker, emissionId) => box.emissions.settled(emissionId)],
];

test.each(waits.flatMap(([what, call]) => [happened, noted].map((signal) => [what, signal.name, call, signal] as const)))(
  '%s in a receiver of %s is refused at once, and the box continues to work',
  async (_what, _name, call, signal) => {
    const { Receivers, told } = receivers();
    await using h = await harness({ services: [Receivers] });
    const worker = h.box.worker();
    let error: unknown;
    told.script = async (emissionId) => {
      error = await call(h.box as unknown as Signalbox, worker, emissionId).catch((thrown: unknown) => thrown);
    };
    await worker.start();
    const completed = h.box.next('delivery.completed');
    await emit(h, signal);
    await completed;
    expect(error).toMatchObject({ code: 'WaitsForItself' });
    expect(h.box.worker).toBeTypeOf('function');
    expect((await h.box.workers.health()).workers).toHaveLength(1);
  },
);

test('cancel of its own delivery is refused in a transaction, which holds it, and works in a detached receiver', async () => {
  const { Receivers, told } = receivers();
  await using h = await harness({ services: [Receivers] });
  let result: unknown;
  told.script = async (emissionId) => {
    result = await h.box.deliveries.cancel({ emissionId }).catch((thrown: unknown) => thrown);
  };
  await emit(h, noted);
  await h.box.drain();
  expect(result).toMatchObject({ code: 'WaitsForItself' });
  await emit(h, happened);
  await h.box.drain();
  expect(result).toHaveLength(1);
});

test('in a receiver, calls on other boxes, other emissions and other receivers are allowed', async () => {
  const { Receivers, told } = receivers();
  await using h = await harness({ services: [Receivers] });
  const other = h.another();
  const otherWorker = other.worker();
  await otherWorker.start();
  const results: unknown[] = [];
  told.script = async (emissionId) => {
    results.push(await h.box.deliveries.cancel({ emissionId, receiver: 'Another.receiver' }));
    results.push(await h.box.emissions.settled('01975a3e-0000-7000-8000-000000000000').catch((thrown: { code?: string }) => thrown.code));
    results.push(await otherWorker.stop({ force: true }), await other.close());
    results.push(await h.box.drain());
  };
  const { emissionId: id } = (await emit(h, noted)) as { emissionId: string };
  expect(id).toBeTypeOf('string');
  // The other worker may have run the delivery first: then its own stop is refused.
  await otherWorker.stop({ force: true }).catch(() => {});
  await h.box.drain();
  expect((await readDeliveries(h.sql)).map(({ state }) => state)).toEqual(['completed']);
  expect(JSON.stringify(results)).not.toContain('WaitsForItself');
});

test('code that a receiver left running may close the box when the receiver has returned', async () => {
  const { Receivers, told } = receivers();
  await using h = await harness({ services: [Receivers] });
  let closed: Promise<void> | undefined;
  const returned = h.box.next('delivery.completed');
  const closing = new Promise<void>((resolve) => {
    told.script = async () => {
      closed = returned.then(() => h.box.close());
      void closed.then(resolve);
    };
  });
  const worker = h.box.worker();
  await worker.start();
  await emit(h, noted);
  await closing;
  expect(await leases(h)).toBe(0);
});
