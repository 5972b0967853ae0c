// How a suspect gets its quarantine, on a clock of the test's own: a worker that is never idle becomes idle for it, and takes nothing
// beside it (slots.test.ts has the rest of that). Which deliveries are suspects, and that a claim takes one, is tested in
// test/store/workers/crashes.test.ts.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import type { ClaimOptions, ClaimResult } from '../../../src/worker/claiming/claims.ts';
import { Quarantine } from '../../../src/worker/claiming/quarantine.ts';

const CHECK_EVERY_MS = 5_000;

const SUSPECT = { id: '1', isSuspect: true } as ClaimedDelivery;
const OTHER = { id: '2', isSuspect: false } as ClaimedDelivery;

/** What is due, and what was asked of the claims. */
class Fixture {
  suspectIsDue = false;
  otherIsDue = true;
  readonly asked: string[] = [];
  /** The other workers of the process. */
  readonly others = { mustWait: false, othersAreIdle: true };
  /** How many quarantines have ended. */
  ended = 0;
  /** Happens while a claim is under way. */
  meanwhile = (): void => {};
  readonly quarantine = new Quarantine(
    {
      take: async (free: number, { suspects = false }: ClaimOptions): Promise<ClaimResult> => {
        this.asked.push(`take ${free}${suspects ? ' or a suspect' : ''}`);
        this.meanwhile();
        const deliveries = free > 0 && this.otherIsDue ? [OTHER] : this.suspectIsDue && suspects ? [SUSPECT] : [];
        return { deliveries, mayHaveMore: false, scannedAll: true, untilFullScanMs: 0, allowedSuspects: suspects };
      },
      release: async () => void this.asked.push('release'),
      hasSuspect: async () => {
        this.asked.push('check');
        return this.suspectIsDue;
      },
    },
    Object.assign(this.others, { quarantineEnded: () => void this.ended++, holdsLess: () => {} }),
  );

  async take(free: number, running: number): Promise<readonly ClaimedDelivery[] | undefined> {
    this.asked.length = 0;
    return (await this.quarantine.take(free, running))?.deliveries;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a worker that runs nothing may take a suspect; one that runs something may not, nor does it check for one yet', async () => {
  const fixture = new Fixture();
  await fixture.take(5, 0);
  expect(fixture.asked).toEqual(['take 5 or a suspect']);
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS);
  await fixture.take(3, 2);
  expect(fixture.asked).toEqual(['take 3']);
});

test('a worker without a free slot asks for nothing', async () => {
  const fixture = new Fixture();
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  expect(await fixture.take(0, 5)).toBeUndefined();
  expect(fixture.asked).toEqual([]);
});

test('a worker that is never idle checks every 5 s, and goes on where no suspect is due', async () => {
  const fixture = new Fixture();
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  expect(await fixture.take(3, 2)).toEqual([OTHER]);
  expect(fixture.asked).toEqual(['check', 'take 3']);
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS);
  await fixture.take(3, 2);
  expect(fixture.asked).toEqual(['take 3']);
  await vi.advanceTimersByTimeAsync(1);
  await fixture.take(3, 2);
  expect(fixture.asked).toEqual(['check', 'take 3']);
});

test('it becomes idle for a suspect: its receivers end, it takes the suspect and nothing else, and goes on when that is over', async () => {
  const fixture = new Fixture();
  fixture.suspectIsDue = true;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  expect(await fixture.take(3, 2)).toBeUndefined();
  expect(fixture.asked).toEqual(['check']);
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  expect(await fixture.take(4, 1)).toBeUndefined();
  expect(fixture.asked).toEqual([]);
  expect(await fixture.take(5, 0)).toEqual([SUSPECT]);
  expect(fixture.asked).toEqual(['take 0 or a suspect']);
  fixture.suspectIsDue = false;
  expect(await fixture.take(5, 0)).toEqual([OTHER]);
});

test('a worker does not wait for a suspect that another worker took meanwhile: the next claim is like any other', async () => {
  const fixture = new Fixture();
  fixture.suspectIsDue = true;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  await fixture.take(3, 2);
  fixture.suspectIsDue = false;
  expect(await fixture.take(5, 0)).toEqual([OTHER]);
  expect(fixture.asked).toEqual(['take 0 or a suspect', 'take 5 or a suspect']);
  expect(await fixture.take(3, 2)).toEqual([OTHER]);
  expect(fixture.asked).toEqual(['take 3']);
});

test('a worker that has run all it had, and finds more each time, becomes idle as well, also one that runs one at a time', async () => {
  const fixture = new Fixture();
  fixture.suspectIsDue = true;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS);
  expect(await fixture.take(1, 0)).toEqual([OTHER]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await fixture.take(1, 0)).toEqual([SUSPECT]);
  expect(fixture.asked).toEqual(['check', 'take 0 or a suspect']);
  expect(await fixture.take(1, 0)).toEqual([OTHER]);
});

test.each([
  ['nothing', false, []],
  ['a suspect', true, [SUSPECT]],
])('a worker that found %s when it was idle just now has no need to check', async (_what, suspectIsDue, found) => {
  const fixture = new Fixture();
  fixture.otherIsDue = false;
  fixture.suspectIsDue = suspectIsDue;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS - 1);
  expect(await fixture.take(5, 0)).toEqual(found);
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS);
  await fixture.take(3, 2);
  expect(fixture.asked).toEqual(['take 3']);
});

test('a worker that finds nothing beside what it runs is not idle', async () => {
  const fixture = new Fixture();
  fixture.otherIsDue = false;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS - 1);
  expect(await fixture.take(3, 2)).toEqual([]);
  await vi.advanceTimersByTimeAsync(2);
  await fixture.take(3, 2);
  expect(fixture.asked).toEqual(['check', 'take 3']);
});

test('beside others of its process it takes no suspect by itself, and is not idle', async () => {
  const fixture = new Fixture();
  Object.assign(fixture, { suspectIsDue: true, otherIsDue: false });
  fixture.others.othersAreIdle = false;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS - 1);
  expect(await fixture.take(5, 0)).toEqual([]);
  expect(fixture.asked).toEqual(['take 5']);
  await vi.advanceTimersByTimeAsync(2);
  expect(await fixture.take(5, 0)).toBeUndefined();
  expect(fixture.asked).toEqual(['check']);
  expect(fixture.quarantine.isWanted).toBe(true);
  fixture.others.othersAreIdle = true;
  expect(await fixture.take(5, 0)).toEqual([SUSPECT]);
  expect(fixture.quarantine.isWanted).toBe(true);
  fixture.suspectIsDue = false;
  expect(fixture.ended).toBe(0);
  await fixture.take(5, 0);
  expect([fixture.ended, fixture.quarantine.isWanted]).toEqual([1, false]);
});

test('during the quarantine of another member of its process, it claims nothing', async () => {
  const fixture = new Fixture();
  fixture.others.mustWait = true;
  expect(await fixture.take(5, 0)).toBeUndefined();
  expect(fixture.asked).toEqual([]);
});

test('a suspect that it took while another of its process began to claim is released, and the worker becomes idle for it', async () => {
  const fixture = new Fixture();
  Object.assign(fixture, { suspectIsDue: true, otherIsDue: false });
  fixture.meanwhile = () => (fixture.others.othersAreIdle = false);
  expect(await fixture.take(5, 0)).toBeUndefined();
  expect(fixture.asked).toEqual(['take 5 or a suspect', 'release']);
  expect(fixture.quarantine.isWanted).toBe(true);
  fixture.meanwhile = () => {};
  fixture.others.othersAreIdle = true;
  expect(await fixture.take(5, 0)).toEqual([SUSPECT]);
  expect(fixture.asked).toEqual(['take 0 or a suspect']);
});

test('it does not wait in vain for ever: it works for as long, and then waits for twice that time', async () => {
  const fixture = new Fixture();
  fixture.suspectIsDue = true;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  expect(await fixture.take(3, 2)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await fixture.take(3, 2)).toEqual([OTHER]);
  expect([fixture.ended, fixture.quarantine.isWanted]).toEqual([1, false]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await fixture.take(3, 2)).toEqual([OTHER]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await fixture.take(3, 2)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(59_999);
  expect(await fixture.take(3, 2)).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(await fixture.take(3, 2)).toEqual([OTHER]);
});

test('a worker whose database does not answer keeps no other waiting', async () => {
  const fixture = new Fixture();
  fixture.suspectIsDue = true;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  await fixture.take(3, 2);
  fixture.quarantine.cancel();
  expect([fixture.ended, fixture.quarantine.isWanted]).toEqual([1, false]);
});
