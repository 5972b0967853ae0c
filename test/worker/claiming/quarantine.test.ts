// The quarantine of a suspect, on a clock of the test: a worker that is never idle becomes idle for the suspect, and
// takes nothing beside it (slots.test.ts has the rest of that). test/store/workers/crashes.test.ts tests the choice of
// suspects, and that a claim takes one.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClaimedDelivery } from '../../../src/store/deliveries/claim.ts';
import type { ClaimOptions, ClaimResult } from '../../../src/worker/claiming/claims.ts';
import { Quarantine } from '../../../src/worker/claiming/quarantine.ts';

const CHECK_EVERY_MS = 5_000;

const SUSPECT = { id: '1', isSuspect: true } as ClaimedDelivery;
const OTHER = { id: '2', isSuspect: false } as ClaimedDelivery;

/** The due deliveries, and the recorded claims. */
class Fixture {
  suspectIsDue = false;
  otherIsDue = true;
  readonly asked: string[] = [];
  /** The other workers of the process. */
  readonly others = { mustWait: false, othersAreIdle: true };
  /** The number of quarantines that have ended. */
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

test('a worker that runs nothing may take a suspect; a worker that runs something may not, and does not check for one yet', async () => {
  const fixture = new Fixture();
  await fixture.take(5, 0);
  expect(fixture.asked).toEqual(['take 5 or a suspect']);
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS);
  await fixture.take(3, 2);
  expect(fixture.asked).toEqual(['take 3']);
});

test('a worker without a free slot claims nothing', async () => {
  const fixture = new Fixture();
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  expect(await fixture.take(0, 5)).toBeUndefined();
  expect(fixture.asked).toEqual([]);
});

test('a worker that is never idle checks every 5 s, and continues if no suspect is due', async () => {
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

test('a worker becomes idle for a suspect: its receivers end, it takes only the suspect, and continues when that has ended', async () => {
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

test('a worker that has run all its deliveries, and finds more each time, becomes idle, too, even one that runs one at a time', async () => {
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

test('a worker that runs deliveries and finds no others is not idle', async () => {
  const fixture = new Fixture();
  fixture.otherIsDue = false;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS - 1);
  expect(await fixture.take(3, 2)).toEqual([]);
  await vi.advanceTimersByTimeAsync(2);
  await fixture.take(3, 2);
  expect(fixture.asked).toEqual(['check', 'take 3']);
});

test('beside other workers of its process, a worker takes no suspect by itself, and is not idle', async () => {
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

test('during the quarantine of another member of its process, a worker claims nothing', async () => {
  const fixture = new Fixture();
  fixture.others.mustWait = true;
  expect(await fixture.take(5, 0)).toBeUndefined();
  expect(fixture.asked).toEqual([]);
});

test('a suspect that was taken while another worker of the process began to claim is released, and the worker becomes idle for it', async () => {
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

test('a worker does not wait in vain for ever: it works for the same time, and then waits for twice that time', async () => {
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

test('a worker whose database does not answer does not make others wait', async () => {
  const fixture = new Fixture();
  fixture.suspectIsDue = true;
  await vi.advanceTimersByTimeAsync(CHECK_EVERY_MS + 1);
  await fixture.take(3, 2);
  fixture.quarantine.cancel();
  expect([fixture.ended, fixture.quarantine.isWanted]).toEqual([1, false]);
});
