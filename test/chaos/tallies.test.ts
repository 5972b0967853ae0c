// Each rule for the tallies of a run is broken here once.
import { expect, test } from 'vitest';
import { change } from '../evidence/good-run.ts';
import { checkTallies, type Ending, type TalliedRun } from './tallies.ts';

const PID = 7;
const DIED_AT = 100_000;

/** A delivery that worker 1 of process 7 ends at this time. */
const ended = (id: string, to: 'completed' | 'dead' | 'cancelled', at: number) => [
  change(id, undefined, 'ready', { at }),
  change(id, 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1, at }),
  change(id, 'running', to, { epoch: 1, attempt: 1, heldBy: 1, at }),
];

const ending = (rest: Partial<Ending> = {}): Ending => ({
  pid: PID,
  label: 'worker 1',
  at: DIED_AT,
  isSound: false,
  away: [],
  failedWrites: [],
  ...rest,
});

const run = (ago: readonly number[], n: number, rest: Partial<Ending> = {}, outcome: 'completed' | 'dead' = 'completed'): TalliedRun => ({
  changes: ago.flatMap((ms, index) => ended(String(index), outcome, DIED_AT - ms)),
  pids: new Map([[1, PID]]),
  tallies: n === 0 ? [] : [{ workerId: 1, outcome, n }],
  endings: [ending(rest)],
});

const kinds = (input: TalliedRun): string[] => checkTallies(input).violations.map(({ kind }) => kind);

test('a run whose ends are all counted has no violation', () => {
  expect(checkTallies(run([50_000, 100], 2, { isSound: true }))).toEqual({
    violations: [],
    settled: 2,
    counted: 2,
    lost: 0,
    oldestLostMs: 0,
  });
});

test('one that is counted twice is a violation, of a killed process too', () => {
  expect(kinds(run([50_000, 100], 3))).toEqual(['overcounted']);
});

test('a process that ended in order has counted each of its ends, the last one too', () => {
  expect(checkTallies(run([50_000, 100], 1, { isSound: true })).violations).toEqual([
    {
      kind: 'uncounted',
      text: 'worker 1, process 7, ended 2 deliveries as completed, and its tallies have 1; it ended in order, after the faults',
    },
  ]);
});

test('a killed process may lose its last 25 s, and no more', () => {
  expect(checkTallies(run([50_000, 24_000, 100], 1))).toMatchObject({ violations: [], lost: 2, oldestLostMs: 24_000 });
  expect(kinds(run([50_000, 26_000, 100], 1))).toEqual(['uncounted']);
});

test('a write that failed excuses one more interval, if it was after the end', () => {
  expect(kinds(run([26_000], 0, { failedWrites: [DIED_AT - 5_000] }))).toEqual([]);
  expect(kinds(run([26_000], 0, { failedWrites: [DIED_AT - 27_000] }))).toEqual(['uncounted']);
  expect(kinds(run([36_000], 0, { failedWrites: [DIED_AT - 5_000] }))).toEqual(['uncounted']);
});

test('time without a database excuses as long, if it was after the end', () => {
  expect(kinds(run([30_000], 0, { away: [{ from: DIED_AT - 20_000, until: DIED_AT - 14_000 }] }))).toEqual([]);
  expect(kinds(run([30_000], 0, { away: [{ from: DIED_AT - 40_000, until: DIED_AT - 26_000 }] }))).toEqual(['uncounted']);
});

test('a death whose answer was lost may be counted as stale, and a completion may not', () => {
  const stale = { workerId: 1, outcome: 'stale', n: 1 };
  expect(kinds({ ...run([100], 0, { isSound: true }, 'dead'), tallies: [stale] })).toEqual([]);
  expect(kinds({ ...run([100, 200], 0, { isSound: true }, 'dead'), tallies: [stale] })).toEqual(['uncounted']);
  expect(kinds({ ...run([100], 0, { isSound: true }), tallies: [stale] })).toEqual(['uncounted']);
});

test('a delivery that is given up is counted by the worker that gave it up, once', () => {
  const crashes = [1, 2, 3].flatMap((epoch) => [
    change('9', 'ready', 'running', { epoch: 2 * epoch - 1, attempt: 1, crashes: epoch - 1, workerId: 2 }),
    epoch < 3
      ? change('9', 'running', 'ready', { epoch: 2 * epoch, crashes: epoch, heldBy: 2 })
      : change('9', 'running', 'dead', { epoch: 6, attempt: 1, crashes: 3, heldBy: 2 }),
  ]);
  const givenUp = (n: number): TalliedRun => ({
    ...run([], n, {}, 'dead'),
    changes: [change('9', undefined, 'ready', {}), ...crashes],
  });
  expect(kinds(givenUp(1))).toEqual([]);
  expect(kinds(givenUp(2))).toEqual(['overcounted']);
});
