// The slots of a worker: deliveries that are claimed ahead wait in them, until they are started, released or dropped.
import { describe, expect, test } from 'vitest';
import type { Receiver } from '../../../src/core/receivers.ts';
import type { Driver, Lane, LaneHooks } from '../../../src/drivers/driver.ts';
import { silentLogger } from '../../../src/observe/log.ts';
import type { ClaimedDelivery, ClaimRef } from '../../../src/store/deliveries/claim.ts';
import { Prefetch } from '../../../src/worker/claiming/prefetch.ts';
import type { RunOptions } from '../../../src/worker/running/runner.ts';
import type { RunResult } from '../../../src/worker/running/run-result.ts';
import { Slots } from '../../../src/worker/claiming/slots.ts';

const delivery = (id: string, about: Partial<ClaimedDelivery> = {}): ClaimedDelivery =>
  ({ id, epoch: 1, workerId: 7, isSuspect: false, ...about }) as ClaimedDelivery;

const deliveries = (...ids: string[]): ClaimedDelivery[] => ids.map((id) => delivery(id));

/** Runs that the test ends. */
class Runs {
  readonly started: string[] = [];
  readonly lanes = new Map<string, Lane>();
  readonly #open = new Map<string, { returned: () => void; written: () => void }>();

  get running(): number {
    return this.#open.size;
  }

  isAt({ id, epoch, workerId }: ClaimRef): boolean {
    return epoch === 1 && workerId === 7 && this.#open.has(id);
  }

  run([first]: readonly ClaimedDelivery[], { onReturned: returned = () => {}, lane }: RunOptions = {}): Promise<RunResult[]> {
    const { id } = first!;
    if (lane) this.lanes.set(id, lane);
    this.started.push(id);
    return new Promise((resolve) => this.#open.set(id, { returned, written: () => resolve([]) }));
  }

  returns(id: string): void {
    this.#open.get(id)!.returned();
  }

  async ends(id: string): Promise<void> {
    const { written } = this.#open.get(id)!;
    this.#open.delete(id);
    written();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface Staging {
  concurrency?: number;
  owner?: number;
  prefetch?: number;
  openLane?: Driver['openLane'];
}

function openSlots({ concurrency = 2, owner = 7, prefetch = 100, openLane }: Staging = {}) {
  const runs = new Runs();
  const state = { owner, reports: 0, givenUp: 0, now: 0, heldBack: new Set<string>() };
  const slots = new Slots({
    runner: runs,
    prefetch: { started: () => {}, target: () => prefetch },
    log: silentLogger,
    concurrency,
    openLane,
    receiverOf: ({ id }) => ({ transactional: !id.startsWith('detached') }) as Receiver,
    lease: { owns: (workerId) => workerId === state.owner },
    claims: { holdsBack: ({ id }) => state.heldBack.has(id) },
    onCapacity: () => state.reports++,
    onGivenUp: () => state.givenUp++,
    now: () => state.now,
  });
  return { slots, runs, state };
}

describe('slots', () => {
  test('start the deliveries in their order, as many as there are slots, and the next when a receiver has returned', async () => {
    const { slots, runs } = openSlots();
    slots.accept(deliveries('1', '2', '3', '4'), 0);
    expect(runs.started).toEqual(['1', '2']);
    runs.returns('2');
    expect(runs.started).toEqual(['1', '2', '3']);
    // The slot was free already.
    await runs.ends('2');
    expect(runs.started).toEqual(['1', '2', '3']);
    await runs.ends('1');
    expect(runs.started).toEqual(['1', '2', '3', '4']);
    expect([slots.waiting, slots.load]).toEqual([0, 2]);
  });

  test('know their deliveries, waiting or running, by the claim', () => {
    const { slots } = openSlots({ concurrency: 1 });
    slots.accept(deliveries('1', '2'), 0);
    expect(['1', '2', '3'].map((id) => slots.holds({ id, epoch: 1, workerId: 7 }))).toEqual([true, true, false]);
    expect(['1', '2'].map((id) => slots.holds({ id, epoch: 2, workerId: 7 }))).toEqual([false, false]);
    expect(['1', '2'].map((id) => slots.holds({ id, epoch: 1, workerId: 8 }))).toEqual([false, false]);
  });

  test('start nothing while the lease of the worker may have expired, until it is renewed', async () => {
    const { slots, runs, state } = openSlots({ concurrency: 1 });
    slots.accept(deliveries('1', '2'), 0);
    state.owner = 0;
    await runs.ends('1');
    expect([runs.started, slots.waiting]).toEqual([['1'], 1]);
    state.owner = 7;
    slots.fill();
    expect(runs.started).toEqual(['1', '2']);
  });

  test('forget the deliveries that were claimed under a lost id, and only those', async () => {
    const { slots, runs, state } = openSlots({ concurrency: 1 });
    slots.accept(deliveries('1', '2'), 0);
    slots.drop(7);
    state.owner = 8;
    slots.accept([delivery('3', { workerId: 8 })], 0);
    slots.drop(7);
    await runs.ends('1');
    expect(runs.started).toEqual(['1', '3']);
  });

  test('start deliveries that have waited briefly, and release those that have waited for 0.8 s instead of starting them', async () => {
    const { slots, runs, state } = openSlots({ concurrency: 1 });
    slots.accept(deliveries('1', '2', '3', '4'), 5_000);
    state.now = 5_799;
    await runs.ends('1');
    expect([runs.started, state.givenUp]).toEqual([['1', '2'], 0]);
    state.now = 5_800;
    await runs.ends('2');
    expect([runs.started, slots.waiting, state.givenUp]).toEqual([['1', '2'], 0, 1]);
    expect(slots.holds({ id: '3', epoch: 1, workerId: 7 })).toBe(true);
    expect(slots.takeReleasable(5_800).map(({ id }) => id)).toEqual(['3', '4']);
    slots.accept(deliveries('5'), 5_800);
    expect(runs.started.at(-1)).toBe('5');
  });

  test('return the deliveries that have waited for 0.8 s for release, or all on request', () => {
    const { slots, runs } = openSlots({ concurrency: 1 });
    slots.accept(deliveries('1', '2', '3'), 5_000);
    expect(slots.takeReleasable(5_799)).toEqual([]);
    expect(slots.takeReleasable(5_800).map(({ id }) => id)).toEqual(['2', '3']);
    expect([slots.waiting, slots.takeReleasable(9_000), runs.started]).toEqual([0, [], ['1']]);
    slots.accept(deliveries('4'), 10_000);
    expect(slots.takeReleasable().map(({ id }) => id)).toEqual(['4']);
  });

  test('return held-back deliveries for release at once, waiting or newly claimed, and start none of them', async () => {
    const { slots, runs, state } = openSlots({ concurrency: 1 });
    slots.accept(deliveries('1', '2', '3', '4'), 0);
    state.heldBack = new Set(['2', '4', '5']);
    slots.holdBack();
    slots.accept(deliveries('5', '6'), 0);
    expect([slots.waiting, slots.load, slots.holds({ ...delivery('5'), workerId: 7 })]).toEqual([2, 6, true]);
    expect(slots.takeReleasable(1).map(({ id }) => id)).toEqual(['2', '4', '5']);
    expect(slots.takeReleasable(1)).toEqual([]);
    await runs.ends('1');
    await runs.ends('3');
    expect(runs.started).toEqual(['1', '3', '6']);
  });

  test('want as many deliveries as they have free slots and prefetch, and none while enough wait', async () => {
    const { slots, runs } = openSlots({ concurrency: 2, prefetch: 4 });
    expect(slots.demand(0)).toBe(6);
    slots.accept(deliveries('1', '2', '3', '4', '5', '6'), 0);
    expect(slots.demand(0)).toBe(0);
    await runs.ends('1');
    expect([slots.waiting, slots.demand(0)]).toEqual([3, 0]);
    await runs.ends('2');
    expect([slots.waiting, slots.demand(0)]).toEqual([2, 2]);
  });

  test('report capacity when at most half of the prefetch waits', async () => {
    const { slots, runs, state } = openSlots({ concurrency: 1, prefetch: 4 });
    slots.accept(deliveries('1', '2', '3', '4'), 0);
    slots.demand(0);
    runs.returns('1');
    expect(state.reports).toBe(1);
    const { slots: many, runs: others, state: full } = openSlots({ concurrency: 1, prefetch: 4 });
    many.accept(deliveries('1', '2', '3', '4', '5'), 0);
    many.demand(0);
    others.returns('1');
    expect(full.reports).toBe(0);
  });

  test('want nothing beside a suspect', async () => {
    const { slots, runs } = openSlots({ concurrency: 3 });
    slots.accept([delivery('1', { isSuspect: true })], 0);
    expect(slots.demand(0)).toBe(0);
    runs.returns('1');
    expect(slots.demand(0)).toBe(0);
    await runs.ends('1');
    expect(slots.demand(0)).toBeGreaterThan(0);
  });

  test('start nothing more while too many receivers that returned wait for their write', async () => {
    const { slots, runs } = openSlots({ concurrency: 1 });
    slots.accept(deliveries(...Array.from({ length: 2_100 }, (_, index) => String(index))), 0);
    for (let index = 0; index < 2_000; index++) runs.returns(String(index));
    expect(runs.started).toHaveLength(2_000);
    await runs.ends('0');
    expect(runs.started).toHaveLength(2_001);
  });
});

/** Lanes that record their calls. */
function laneStage() {
  const lanes: { readonly hooks: LaneHooks; released: number }[] = [];
  const openLane = (hooks: LaneHooks): Lane => {
    const stage = { hooks, released: 0 };
    lanes.push(stage);
    return { clientFor: () => stage, release: () => stage.released++, survived: () => {} };
  };
  return { lanes, openLane };
}

describe('slots with lanes', () => {
  test('start the next delivery on a lane as soon as the COMMIT of the previous one is sent', async () => {
    const { lanes, openLane } = laneStage();
    const { slots, runs } = openSlots({ concurrency: 1, openLane });
    slots.accept(deliveries('1', '2', '3'), 0);
    expect(lanes[0]!.hooks.isWanted()).toBe(true);
    lanes[0]!.hooks.onCommitting();
    expect([runs.started, runs.lanes.get('2'), lanes[0]!.released]).toEqual([['1', '2'], runs.lanes.get('1'), 0]);
    // The answer has come: no more lanes are free.
    await runs.ends('1');
    expect(runs.started).toEqual(['1', '2']);
    lanes[0]!.hooks.onCommitting();
    expect(lanes[0]!.hooks.isWanted()).toBe(false);
    await runs.ends('2');
    await runs.ends('3');
    expect([lanes.length, slots.load]).toEqual([1, 0]);
  });

  test('want no transaction after one if the next delivery uses none, or is no longer theirs', () => {
    const { lanes, openLane } = laneStage();
    const { slots, state } = openSlots({ concurrency: 1, openLane });
    slots.accept(deliveries('1', 'detached 2', '3'), 0);
    expect(lanes[0]!.hooks.isWanted()).toBe(false);
    slots.drop(7);
    slots.accept(deliveries('4'), 0);
    expect(lanes[0]!.hooks.isWanted()).toBe(true);
    state.owner = 8;
    expect(lanes[0]!.hooks.isWanted()).toBe(false);
  });

  test('release a lane on which nothing follows, whatever was announced on it', () => {
    const { lanes, openLane } = laneStage();
    const { slots, state } = openSlots({ concurrency: 1, openLane });
    slots.accept(deliveries('1', '2'), 0);
    state.owner = 8;
    lanes[0]!.hooks.onCommitting();
    expect(lanes[0]!.released).toBe(1);
  });

  test('have a lane for each delivery that runs, and no more', async () => {
    const { lanes, openLane } = laneStage();
    const { slots, runs } = openSlots({ concurrency: 2, openLane });
    slots.accept(deliveries('1', '2', '3', '4'), 0);
    await runs.ends('1');
    await runs.ends('2');
    expect([lanes.length, new Set(runs.lanes.values()).size]).toEqual([2, 2]);
  });
});

describe('prefetch', () => {
  test('is the number of deliveries that are started within a tenth of a second, and nothing before that is known', () => {
    const prefetch = new Prefetch(1_000, 0);
    expect(prefetch.target(10)).toBe(0);
    for (let started = 0; started < 50; started++) prefetch.started();
    expect(prefetch.target(50)).toBe(100);
  });

  test('is no more than its limit', () => {
    const prefetch = new Prefetch(30, 0);
    for (let started = 0; started < 500; started++) prefetch.started();
    expect(prefetch.target(50)).toBe(30);
  });

  test('falls by halves in a pause, and to nothing after a long one', () => {
    const prefetch = new Prefetch(1_000, 0);
    for (let started = 0; started < 50; started++) prefetch.started();
    expect([prefetch.target(50), prefetch.target(80), prefetch.target(110), prefetch.target(1_000)]).toEqual([100, 50, 25, 0]);
  });
});
