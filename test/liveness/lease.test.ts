// A lease on a clock of the test and a database whose answers the test controls: the times and sessions of renewals,
// the release of the lock, and the effects of a lost session, of a hanging renewal and of one that answers late.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Run, Session } from '../../src/drivers/driver.ts';
import type { WorkersStore } from '../../src/store/workers/workers.ts';
import { Lease } from '../../src/liveness/lease.ts';
import { Latch } from '../support/latch.ts';

const LEASE_MS = 9_000;
const INTERVAL_MS = 3_000;
const never = (): Promise<never> => new Promise(() => {});

/** The number of a backend, or the outcome of the query. */
type Answer = number | undefined | (() => Promise<number | undefined>);

interface Opened extends Session {
  closed: boolean;
  lose(): void;
}

interface Renewal {
  readonly at: number;
  readonly workerId: number;
  /** The session that sent it, counted from 1, or the pool. */
  readonly from: number | 'pool';
  readonly lockPid: number | undefined;
  /** Set only in a renewal that says so. */
  readonly isStopping?: true;
}

/** A lease, and its recorded queries: by default its first session is backend 1, the next one is backend 2. */
class Fixture {
  readonly sessions: Opened[] = [];
  readonly renewals: Renewal[] = [];
  /** The worker for which the lock was requested. */
  readonly locks: number[] = [];
  /** The notifications to the worker. */
  readonly told: string[] = [];
  /** The next answers; by default, the session's own backend. */
  readonly lockAnswers: Answer[] = [];
  readonly renewAnswers: Answer[] = [];
  readonly #begun = performance.now();
  hasOthers = true;
  #enrolled = 0;
  #lastLock: number | undefined;
  /** The backend that was announced to a session; by default, the one that took the lock. */
  lastPid: number | undefined;

  async enrol({ single = false, resign = async () => {} }: { single?: boolean; resign?: () => Promise<void> } = {}): Promise<Lease> {
    const workers: Pick<WorkersStore, 'enrol' | 'lock' | 'renew' | 'resign'> = {
      enrol: async () => ({ id: ++this.#enrolled, atUs: 0 }),
      lock: async (workerId, run) => {
        this.locks.push(workerId);
        const pid = await this.#answer(this.lockAnswers, this.#backend(run));
        this.#lastLock = pid;
        return pid;
      },
      renew: async (workerId, _leaseMs, how) => {
        const lock = how?.lock;
        const from = lock ? this.#backend(lock.run) : 'pool';
        this.renewals.push({
          at: performance.now() - this.#begun,
          workerId,
          from,
          lockPid: lock?.pid,
          ...(how?.isStopping && { isStopping: true as const }),
        });
        const pid = await this.#answer(this.renewAnswers, from === 'pool' ? 99 : from);
        return pid === undefined ? undefined : { pid, hasOthers: this.hasOthers };
      },
      resign,
    };
    const lease = await Lease.enrol(workers, {
      label: 'test',
      processId: '00000000-0000-7000-8000-000000000001',
      leaseMs: LEASE_MS,
      openSession: single ? undefined : (onLost) => this.#open(onLost),
    });
    lease.reportTo({
      onLost: (workerId, newWorkerId) => this.told.push(`lost ${workerId} for ${newWorkerId}`),
      onError: (error) => this.told.push((error as Error).message.replace(/:.*/, '')),
      onRenewed: () => this.told.push('renewed'),
      onSessionLost: () => {},
    });
    return lease;
  }

  get times(): number[] {
    return this.renewals.map(({ at }) => at);
  }

  get last(): Renewal | undefined {
    return this.renewals.at(-1);
  }

  async #answer(answers: Answer[], otherwise: number): Promise<number | undefined> {
    if (answers.length === 0) return otherwise;
    const answer = answers.shift();
    return typeof answer === 'function' ? answer() : answer;
  }

  #backend(run: Run): number {
    return 1 + this.sessions.findIndex((session) => session.run === run);
  }

  #open(onLost: () => void): Session {
    const close = async (): Promise<void> => void (session.closed = true);
    const lastPid = (): number | undefined => this.lastPid ?? this.#lastLock;
    const session: Opened = { run: async () => [], lastPid, closed: false, lose: onLost, close };
    this.sessions.push(session);
    return session;
  }
}

/** A lease whose lock is trusted, 100 ms after its start; the next renewal is at 3100. */
async function settled(): Promise<{ fixture: Fixture; lease: Lease }> {
  const fixture = new Fixture();
  const lease = await fixture.enrol();
  await vi.advanceTimersByTimeAsync(200);
  expect(fixture.times).toEqual([0, 100]);
  return { fixture, lease };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a lease locks and renews at once, renews again soon so that the lock is trusted, and then three times per lease', async () => {
  const fixture = new Fixture();
  await fixture.enrol();
  await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS + 200);
  expect(fixture.renewals).toEqual([0, 100, 3_100, 6_100].map((at) => ({ at, workerId: 1, from: 1, lockPid: 1 })));
  expect(fixture.locks).toEqual([1]);
});

test('a lease knows from its last renewal whether there are other workers, and assumes so until then', async () => {
  const fixture = new Fixture();
  fixture.hasOthers = false;
  const lease = await fixture.enrol();
  expect(lease.hasOthers).toBe(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(lease.hasOthers).toBe(false);
  fixture.hasOthers = true;
  await vi.advanceTimersByTimeAsync(100);
  expect(lease.hasOthers).toBe(true);
});

test('on a single session, a lease renews from the pool, without a lock', async () => {
  const fixture = new Fixture();
  await fixture.enrol({ single: true });
  await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS);
  expect(fixture.renewals).toEqual([3_000, 6_000].map((at) => ({ at, workerId: 1, from: 'pool', lockPid: undefined })));
  expect(fixture.locks).toEqual([]);
});

test('a lock that another session still has is requested again at the next renewal', async () => {
  const fixture = new Fixture();
  fixture.lockAnswers.push(undefined, 1);
  await fixture.enrol();
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  expect(fixture.renewals.map(({ at, lockPid }) => [at, lockPid])).toEqual([
    [0, undefined],
    [3_000, 1],
  ]);
});

test('a lock that another backend took than the one announced to the connection is released at once', async () => {
  const fixture = new Fixture();
  fixture.lastPid = 77;
  const lease = await fixture.enrol();
  await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS);
  expect(fixture.locks).toEqual([1]);
  expect(fixture.renewals.slice(1).map(({ from }) => from)).toEqual(['pool', 'pool']);
  expect(lease.session).toBeUndefined();
});

test('after three renewals from backends that did not take the lock, the lease releases it, and renews from the pool', async () => {
  const fixture = new Fixture();
  fixture.lockAnswers.push(10, 12, 14);
  fixture.renewAnswers.push(11, 13, 15);
  await fixture.enrol();
  await vi.advanceTimersByTimeAsync(300 + 2 * INTERVAL_MS);
  expect(fixture.renewals.map(({ at, from }) => [at, from])).toEqual([
    [0, 1],
    [100, 1],
    [200, 1],
    [300, 'pool'],
    [3_300, 'pool'],
    [6_300, 'pool'],
  ]);
  expect(fixture.locks).toHaveLength(3);
});

test('a pooler that uses the same backend now and then is still recognised', async () => {
  const fixture = new Fixture();
  fixture.lockAnswers.push(10, 12, 14);
  fixture.renewAnswers.push(11, 12, 13, 14, 15);
  await fixture.enrol();
  await vi.advanceTimersByTimeAsync(500);
  expect(fixture.renewals.map(({ from, lockPid }) => [from, lockPid])).toEqual([
    [1, 10],
    [1, 12],
    [1, 12],
    [1, 14],
    [1, 14],
    ['pool', undefined],
  ]);
});

test('sessions that broke now and then, between lock and renewal, are not taken for a pooler', async () => {
  const fixture = new Fixture();
  fixture.lockAnswers.push(10, 12, 14, 16, 18);
  fixture.renewAnswers.push(11, 13, 14, 14, 15, 17, 18, 18);
  await fixture.enrol();
  await vi.advanceTimersByTimeAsync(INTERVAL_MS + 700);
  expect(fixture.locks).toHaveLength(5);
  expect(fixture.renewals.map(({ from }) => from)).toEqual(Array.from({ length: 8 }, () => 1));
});

test('after the loss of a session, a lock and a renewal follow at once', async () => {
  const { fixture } = await settled();
  fixture.lockAnswers.push(2);
  fixture.renewAnswers.push(2, 2);
  fixture.sessions[0]!.lose();
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  expect(fixture.renewals.slice(2)).toMatchObject([
    { at: 200, lockPid: 2 },
    { at: 300, lockPid: 2 },
  ]);
});

test('a session that is lost during a renewal does not lead to two at once, and the lock is taken again', async () => {
  const { fixture } = await settled();
  const answered = new Latch();
  fixture.renewAnswers.push(() => answered.opened.then(() => 1));
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  fixture.sessions[0]!.lose();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(fixture.times).toEqual([0, 100, 3_100]);
  answered.open();
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  expect(fixture.times).toHaveLength(4);
  expect(fixture.locks).toHaveLength(2);
});

test('the end of a session that was already replaced has no effect', async () => {
  const { fixture } = await settled();
  fixture.renewAnswers.push(never);
  await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS + 700);
  expect(fixture.times).toEqual([0, 100, 3_100, 6_200, 6_300]);
  fixture.sessions[0]!.lose();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(fixture.times).toHaveLength(5);
  expect(fixture.locks).toHaveLength(2);
});

test('a hanging renewal is reported, and tried again a moment later, in a session of its own', async () => {
  const { fixture } = await settled();
  fixture.renewAnswers.push(never);
  await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS - 50);
  expect(fixture.told).toEqual(['renewed', 'renewed', 'No answer to a renewal in 3000 ms']);
  expect(fixture.sessions.map(({ closed }) => closed)).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(50);
  expect(fixture.last).toEqual({ at: 6_200, workerId: 1, from: 2, lockPid: 2 });
  expect(fixture.locks).toEqual([1, 1]);
});

test('a failed renewal is reported and tried again, and half a second later if it fails again', async () => {
  const { fixture } = await settled();
  const fail = (): Promise<never> => Promise.reject(new Error('read ECONNRESET'));
  fixture.renewAnswers.push(fail, fail);
  await vi.advanceTimersByTimeAsync(INTERVAL_MS + 450);
  expect(fixture.told).toEqual(['renewed', 'renewed', 'read ECONNRESET', 'read ECONNRESET']);
  await vi.advanceTimersByTimeAsync(50);
  expect(fixture.times).toEqual([0, 100, 3_100, 3_200, 3_700]);
  expect(fixture.last).toMatchObject({ from: 3 });
});

test.each([
  ['before the next one', -50],
  ['after the next one', 600],
])('a renewal that is answered too late, %s, declares no worker dead and renews nothing', async (_when, afterMs) => {
  const { fixture, lease } = await settled();
  const answered = new Latch();
  fixture.renewAnswers.push(() => answered.opened.then(() => undefined));
  await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS + afterMs);
  const told = [...fixture.told];
  answered.open();
  await vi.advanceTimersByTimeAsync(10);
  expect(lease.workerId).toBe(1);
  expect(fixture.told).toEqual(told);
});

test('a worker that others declared dead continues under a new id, takes its lock and renews soon', async () => {
  const { fixture, lease } = await settled();
  fixture.renewAnswers.push(undefined);
  await vi.advanceTimersByTimeAsync(INTERVAL_MS + 100);
  expect(lease.workerId).toBe(2);
  expect(fixture.told).toEqual(['renewed', 'renewed', 'lost 1 for 2', 'renewed', 'renewed']);
  expect(fixture.last).toEqual({ at: 3_200, workerId: 2, from: 1, lockPid: 1 });
  expect(fixture.locks).toEqual([1, 2]);
});

test('a worker that has resigned does not renew when its session ends; the session is closed even if the resignation failed', async () => {
  const fixture = new Fixture();
  const lease = await fixture.enrol({ resign: () => Promise.reject(new Error('the database is away')) });
  await vi.advanceTimersByTimeAsync(200);
  await expect(lease.resign()).rejects.toThrow('the database is away');
  fixture.sessions[0]!.lose();
  await vi.advanceTimersByTimeAsync(LEASE_MS);
  expect(fixture.times).toEqual([0, 100]);
  expect(fixture.sessions[0]!.closed).toBe(true);
});

test('a worker that resigns waits for its current renewal, which is the last', async () => {
  const { fixture, lease } = await settled();
  const answered = new Latch();
  fixture.renewAnswers.push(() => answered.opened.then(() => 1));
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  let resigned = false;
  const resigning = lease.resign().then(() => (resigned = true));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(resigned).toBe(false);
  answered.open();
  await resigning;
  await vi.advanceTimersByTimeAsync(LEASE_MS);
  expect(fixture.times).toEqual([0, 100, 3_100]);
});

test('a stopping worker says so in a renewal at once, and in all later renewals', async () => {
  const { fixture, lease } = await settled();
  lease.stopping();
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  const said = { workerId: 1, from: 1, lockPid: 1, isStopping: true };
  expect(fixture.renewals.slice(2)).toEqual([200, 3_200].map((at) => ({ at, ...said })));
});

test('a worker that begins to stop during a renewal says so in the next one', async () => {
  const { fixture, lease } = await settled();
  const answered = new Latch();
  fixture.renewAnswers.push(() => answered.opened.then(() => 1));
  await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  lease.stopping();
  await vi.advanceTimersByTimeAsync(100);
  expect(fixture.renewals.map(({ isStopping }) => isStopping)).toEqual([undefined, undefined, undefined]);
  answered.open();
  await vi.advanceTimersByTimeAsync(0);
  expect(fixture.last).toMatchObject({ at: 3_300, isStopping: true });
});

test('a failed renewal that reports the stop is tried again soon, but not after the worker has resigned', async () => {
  const { fixture, lease } = await settled();
  fixture.renewAnswers.push(() => Promise.reject(new Error('away')));
  lease.stopping();
  await vi.advanceTimersByTimeAsync(100);
  expect(fixture.renewals.slice(2).map(({ at, isStopping }) => [at, isStopping])).toEqual([
    [200, true],
    [300, true],
  ]);
  await lease.resign();
  lease.stopping();
  await vi.advanceTimersByTimeAsync(LEASE_MS);
  expect(fixture.renewals).toHaveLength(4);
});

test('a worker that resigns in the same turn in which it stops sends no renewal for the stop', async () => {
  const { fixture, lease } = await settled();
  lease.stopping();
  await lease.resign();
  await vi.advanceTimersByTimeAsync(LEASE_MS);
  expect(fixture.times).toEqual([0, 100]);
});
