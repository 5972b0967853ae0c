// The waits between the members of a process, so that a suspect runs alone in it: beside another worker, a drain,
// another box.
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, type Worker } from '../../src/index.ts';
import { inCall, newCall } from '../../src/transaction/call.ts';
import { ProcessMembers, type Member } from '../../src/liveness/process-members.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

class One implements Member {
  held = 0;
  wants = false;
  woken = 0;
  readonly others = new ProcessMembers(this);
  load = (): number => this.held;
  wantsQuarantine = (): boolean => this.wants;
  wake = (): void => void this.woken++;
}

let members: One[] = [];
const join = (): One => {
  const one = new One();
  members.push(one);
  return one;
};
afterEach(() => {
  for (const { others } of members) others.leave();
  members = [];
});

test('the others wait for a member that wants a quarantine, and that member does not wait for itself', () => {
  const [a, b] = [join(), join()];
  expect([a.others.mustWait, b.others.mustWait]).toEqual([false, false]);
  b.wants = true;
  expect([a.others.mustWait, b.others.mustWait]).toEqual([true, false]);
  b.others.leave();
  expect(a.others.mustWait).toBe(false);
});

test('of several members that want a quarantine, the first goes first, so that they do not wait for each other', () => {
  const [a, b, c] = [join(), join(), join()];
  b.wants = true;
  c.wants = true;
  expect([a, b, c].map(({ others }) => others.mustWait)).toEqual([true, false, true]);
  b.wants = false;
  expect([a, b, c].map(({ others }) => others.mustWait)).toEqual([true, true, false]);
});

test('the others are idle when they hold no deliveries', () => {
  const [a, b] = [join(), join()];
  a.held = 3;
  expect([a.others.othersAreIdle, b.others.othersAreIdle]).toEqual([true, false]);
  a.held = 0;
  expect(b.others.othersAreIdle).toBe(true);
});

test('members that want a quarantine are woken when others hold less, and all others when one has ended', () => {
  const [a, b, c] = [join(), join(), join()];
  a.others.holdsLess();
  expect([a.woken, b.woken, c.woken]).toEqual([0, 0, 0]);
  b.wants = true;
  a.others.holdsLess();
  b.others.holdsLess();
  expect([a.woken, b.woken, c.woken]).toEqual([0, 1, 0]);
  b.wants = false;
  b.others.quarantineEnded();
  expect([a.woken, b.woken, c.woken]).toEqual([1, 1, 1]);
  c.others.leave();
  expect([a.woken, b.woken]).toEqual([2, 2]);
});

const long = defineSignal('members.long', z.object({}));
const short = defineSignal('members.short', z.object({}));

let began: Latch;
let goOn: Latch;
/** The largest number of concurrent calls. */
let most = 0;
let calls = 0;

async function counted(work: () => Promise<unknown>): Promise<void> {
  most = Math.max(most, ++calls);
  await work();
  calls--;
}

class Receivers {
  @OnSignal(long, { queue: 'long', transactional: false })
  static async takesLong(): Promise<void> {
    await counted(async () => {
      began.open();
      await goOn.opened;
    });
  }

  @OnSignal(short, { queue: 'short' })
  static async takesShort(): Promise<void> {
    await counted(async () => {});
  }
}

/** A worker of the queue `long` runs a receiver, and a suspect is due in the queue `short`. */
async function beside(h: Harness): Promise<Worker> {
  [began, goOn, most, calls] = [new Latch(), new Latch(), 0, 0];
  const worker = h.box.worker({ queues: ['long'] });
  await worker.start();
  await h.db.transaction(async (tx) => void (await long.emitReliable(tx, {})));
  await began.opened;
  await h.db.transaction(async (tx) => void (await short.emitReliable(tx, {})));
  await h.sql`update signalbox.delivery set crashes = 2 where state = 'ready'`;
  return worker;
}

/** Lets the receiver of {@link beside} end, even in a failed test, because the box waits for it. */
const receiverEnds = (): Disposable => ({ [Symbol.dispose]: () => goOn.open() });

/** Resolves when some worker or drain of this process wants a quarantine. */
async function wanted(): Promise<void> {
  const { members: all } = (globalThis as unknown as Record<symbol, { members: Set<Member> }>)[Symbol.for('signalbox.process-members.v1')]!;
  await vi.waitFor(() => expect(Array.from(all).some((member) => member.wantsQuarantine())).toBe(true), { timeout: 15_000, interval: 5 });
}

const states = async (h: Harness): Promise<string[]> =>
  (await readDeliveries(h.sql)).map(({ receiver, state, crashes }) => `${receiver} ${state} ${crashes}`);

const [LONG, SHORT] = ['Receivers.takesLong completed 0', 'Receivers.takesShort completed 2'];

test(
  'a second worker of the process waits with a suspect: the first one claims nothing until the suspect has run',
  { timeout: 90_000 },
  async () => {
    await using h = await harness({ services: [Receivers] });
    const first = await beside(h);
    using _ = receiverEnds();
    await using second = h.box.worker({ queues: ['short'] });
    await second.start();
    await wanted();
    const done: string[] = [];
    h.box.on('delivery.completed', ({ receiver }) => void done.push(receiver));
    await h.db.transaction(async (tx) => void (await long.emitReliable(tx, {})));
    const all = h.box.next('delivery.completed', () => done.length === 3);
    goOn.open();
    await all;
    expect(done).toEqual(['Receivers.takesLong', 'Receivers.takesShort', 'Receivers.takesLong']);
    expect([most, await states(h)]).toEqual([1, [LONG, LONG, SHORT]]);
    await first.stop();
  },
);

test.each([
  ['of the same box', (h: Harness) => h.box],
  ['of another box', (h: Harness) => h.another()],
])('a drain %s waits with a suspect until the receivers of the worker beside it have ended', async (_which, boxOf) => {
  await using h = await harness({ services: [Receivers] });
  await beside(h);
  using _ = receiverEnds();
  const drained = boxOf(h).drain();
  await wanted();
  goOn.open();
  expect(await drained).toMatchObject({ completed: 1 });
  expect([most, await states(h)]).toEqual([1, [LONG, SHORT]]);
});

test('a drain inside a receiver leaves suspects to others, and does not wait for itself', async () => {
  await using h = await harness({ services: [Receivers] });
  await beside(h);
  const call = newCall({ runner: {}, receiver: { name: 'R', transactional: true }, deliveries: [] });
  using _ = receiverEnds();
  let drained: object | undefined;
  void inCall(call, () => h.box.drain()).then((result) => (drained = result));
  await expect.poll(() => drained).toMatchObject({ completed: 0 });
  call.isOver = true;
});
