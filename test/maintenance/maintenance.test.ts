// The times at which maintenance tasks run, on a clock of the test: each task is independent of the others.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backOffMs, firstWaitMs, maintain, type TaskFailure } from '../../src/maintenance/maintenance.ts';
import type { MaintenanceTask } from '../../src/maintenance/task.ts';

/** Running tasks: the runs in their order, and the failures. */
interface Work {
  readonly ran: string[];
  readonly failures: TaskFailure[];
  stop(): Promise<void>;
}

function work(tasks: (Omit<MaintenanceTask, 'run'> & Partial<MaintenanceTask>)[]): Work {
  const [ran, failures]: [string[], TaskFailure[]] = [[], []];
  const stopping = new AbortController();
  const noted = tasks.map((task) => ({
    ...task,
    run: (abortSignal: AbortSignal) => {
      ran.push(task.name);
      return task.run?.(abortSignal);
    },
  }));
  const over = maintain(noted, {
    abortSignal: stopping.signal,
    onFailed: (failure) => failures.push(failure),
    isOutage: (error) => (error as Error).message === AWAY,
  });
  return {
    ran,
    failures,
    stop: () => {
      stopping.abort();
      return over;
    },
  };
}

/** The database is away. */
const AWAY = 'away';

const pass = async (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const fail = async (): Promise<never> => {
  throw new Error('broken');
};

beforeEach(() => {
  vi.useFakeTimers();
  // No jitter.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('each task runs with its own period', async () => {
  const { ran, stop } = work([
    { name: 'often', every: '10s' },
    { name: 'seldom', every: '25s' },
  ]);
  await pass(60_000);
  expect(ran.filter((name) => name === 'often')).toHaveLength(6);
  expect(ran.filter((name) => name === 'seldom')).toHaveLength(2);
  await stop();
});

test('a task is not begun while it still runs, and the next period begins at its end', async () => {
  const { ran, stop } = work([{ name: 'slow', every: '10s', run: () => new Promise((resolve) => setTimeout(resolve, 35_000)) }]);
  await pass(54_000);
  expect(ran).toHaveLength(1);
  await pass(2_000);
  expect(ran).toHaveLength(2);
  const over = stop();
  await pass(35_000);
  await over;
});

test('a failed task runs again after its own back-off, and delays no other task', async () => {
  const { ran, failures, stop } = work([
    { name: 'broken', every: '10s', run: fail },
    { name: 'throws', every: '10s', run: () => expect.fail('at once') },
    { name: 'fine', every: '10s' },
  ]);
  await pass(10_000);
  expect(ran).toEqual(['broken', 'throws', 'fine']);
  await pass(10_000);
  expect(ran.filter((name) => name === 'fine')).toHaveLength(2);
  const broken = failures.filter(({ task }) => task === 'broken');
  expect(broken.map(({ failures: inARow, delayMs }) => [inARow, delayMs])).toEqual([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, 8_000],
  ]);
  expect(broken[0]).toMatchObject({ task: 'broken', error: { message: 'broken' } });
  expect(failures.some(({ task }) => task === 'throws')).toBe(true);
  expect(failures.some(({ task }) => task === 'fine')).toBe(false);
  await stop();
});

test('while the database is away no task has failed, and each runs again after its period, or a minute', async () => {
  const away = async (): Promise<never> => {
    throw new Error(AWAY);
  };
  const { ran, failures, stop } = work([
    { name: 'often', every: '5s', run: away },
    { name: 'seldom', every: '6h', run: away },
  ]);
  await pass(60_000);
  expect(ran.filter((name) => name === 'often')).toHaveLength(12);
  await pass(60_000);
  expect(ran.filter((name) => name === 'seldom')).toHaveLength(2);
  expect(failures).toEqual([]);
  await stop();
});

test('a task that succeeds again keeps its period, and its next failure counts as the first in a row', async () => {
  const [first, second, third, fourth] = [fail, fail, async () => {}, fail];
  const runs = [first, second, third, fourth];
  const { ran, failures, stop } = work([{ name: 'shaky', every: '10s', run: () => runs.shift()?.() }]);
  await pass(13_000);
  expect(ran).toHaveLength(3);
  await pass(10_000);
  expect(ran).toHaveLength(4);
  expect(failures.map(({ failures: inARow }) => inARow)).toEqual([1, 2, 1]);
  await stop();
});

test('a running task is notified when the worker stops, and awaited; its error does not count, and no other task begins', async () => {
  const { ran, failures, stop } = work([
    {
      name: 'waits',
      every: '10s',
      run: (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('told')))),
    },
    { name: 'sleeps', every: '1h' },
  ]);
  await pass(10_000);
  await stop();
  expect(vi.getTimerCount()).toBe(0);
  await pass(3_600_000 * 2);
  expect(ran).toEqual(['waits']);
  expect(failures).toEqual([]);
});

test('the first run comes at a random moment of the first period, after a minute, or after a shorter period', () => {
  const hour = 3_600_000;
  expect([firstWaitMs(hour, 0), firstWaitMs(hour, 0.5), firstWaitMs(hour, 1)]).toEqual([60_000, 60_000 + (hour - 60_000) / 2, hour]);
  expect([firstWaitMs(1_000, 0), firstWaitMs(1_000, 1)]).toEqual([1_000, 1_000]);
});

test('a back-off grows up to five minutes', () => {
  expect([1, 2, 9, 10, 10_000].map(backOffMs)).toEqual([1_000, 2_000, 256_000, 300_000, 300_000]);
});

test('workers that started together drift apart: a wait is shorter by up to a tenth', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const { failures, ran, stop } = work([
    { name: 'broken', every: '10s', run: fail },
    { name: 'fine', every: '10s' },
  ]);
  await pass(10_000);
  expect(failures[0]!.delayMs).toBe(900);
  await pass(9_000);
  expect(ran.filter((name) => name === 'fine')).toHaveLength(2);
  await stop();
});
