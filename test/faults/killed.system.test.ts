// A process is killed at each of its statements that change something, in turn: the server has executed the statement, and the answer is lost.
// A kill at one that only reads leaves what a kill at the one before it leaves.
import { describe, expect, test } from 'vitest';
import type { Violation } from '../evidence/checker.ts';
import { Program } from '../processes/program.ts';
import { textOf } from './faults.ts';
import { addDeadWorkers, holdPendingAppend } from './dead-workers.ts';
import { withFaultHarness, type FaultHarness } from './fault-harness.ts';
import { forgetOldRows } from './old-rows.ts';
import { OF_TESTS, statements } from './statements.ts';
import { forgetCaused } from './tally-scenario.ts';
import { until } from './until.ts';

const all = await statements();

/** Statements that a process sends only after it has lost another answer: to a sender's COMMIT, a claim, or a receiver's COMMIT. */
const AFTER: Readonly<Record<string, { readonly statement: RegExp; readonly when: 'at once' | 'at work' }>> = {
  transactionProgress: { statement: /^commit$/i, when: 'at once' },
  isEmissionStored: { statement: /^commit$/i, when: 'at once' },
  completedRuns: { statement: /^commit$/i, when: 'at work' },
  heldDeliveries: { statement: textOf(all.get('claim')!.text), when: 'at work' },
};

/**
 * A repair of sequences waits for all who insert, and here the transactions of dead workers are open. Each table's is one transaction, which
 * a kill undoes; its faults are in the matrix of the operator who acts.
 */
const OF_REPAIRS = /^(boundLockWaits|nextValues|highestIds|(lock|advance)(Delivery|Receiver|DeliveryError|AuditEntry))$/;

/** What writes rows, takes locks, or has an effect by a function. */
const CHANGES =
  /\b(insert into|update signalbox|delete from|for (no key )?update|for (key )?share|pg_(try_)?advisory|pg_terminate|pg_notify|set_config)/i;

/** Processes at once. */
const AT_ONCE = 2;
const free: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());

/** Runs `work` after the earlier ones of its turn have ended. */
async function inTurn<T>(index: number, work: () => Promise<T>): Promise<T> {
  const turn = free[index % AT_ONCE]!.then(work);
  free[index % AT_ONCE] = Promise.allSettled([turn]);
  return turn;
}

/** Works on the errands that the killed process has left, whatever their state. */
async function finishErrands({ peer }: FaultHarness): Promise<void> {
  for (const { id, state } of await peer.errands.list()) {
    if (state === 'paused') await peer.errands.resume(id);
    await peer.errands.work(id);
  }
}

/** Retries the cancelled deliveries that the killed process did not retry any more, as an operator would. */
async function finishOperation({ sql, peer }: FaultHarness): Promise<void> {
  const cancelled = await sql<{ id: string }[]>`
    select distinct e.id::text as id from signalbox.settled s join signalbox.emission e on e.id = s.emission_id
    where s.state = 'cancelled' and e.payload ->> 'script' <> 'discard'`;
  for (const { id } of cancelled) await peer.deliveries.retry({ emissionId: id });
}

async function killBy(name: string, h: FaultHarness): Promise<Violation[]> {
  const { proxy } = h;
  await using _dead = await addDeadWorkers(h, await h.emit('held', 'fine', 'fine', 'fine'));
  await using _sender = name === 'hasPendingAppends' ? await holdPendingAppend(h) : undefined;
  const program = new Program('faults/programs/every-statement', {
    DATABASE_URL: proxy.url,
    DIRECT_URL: h.url,
    FOREVER: name === 'hasPendingAppends' ? 'yes' : '',
  });
  try {
    const kill = (): void => void program.kill('SIGKILL');
    const aim = async (): Promise<void> => {
      if (name in AFTER) await proxy.next(AFTER[name]!.statement, 'its answer is lost');
      await proxy.next(textOf(all.get(name)!.text), 'its answer is lost', kill);
    };
    const isAtWork = (): boolean => program.hasSaid('is about to work');
    const atWork = AFTER[name]?.when === 'at work';
    if (!atWork) void aim();
    await until('it works, or is dead', () => program.hasEnded || isAtWork());
    if (atWork) void aim();
    if (!program.hasEnded) program.tell('work');
    expect({ end: await program.ends(), errors: program.errors }).toEqual({ end: 'SIGKILL', errors: '' });
    for (const line of program.all('sends ')) {
      const [, key, emissions] = line.split(' ');
      h.note({ key: key!, emissions: Number(emissions), outcome: program.hasSaid(`committed ${key}`) ? 'committed' : 'unknown' });
    }
    await finishErrands(h);
    await finishOperation(h);
    await h.peer.prune();
    await forgetCaused(h.sql);
    expect(await forgetOldRows(h.sql)).toBe(0);
    return await h.judge();
  } finally {
    await program.kill('SIGKILL');
  }
}

describe.concurrent('a process that is killed when the server has executed its', () => {
  test.each(
    [...all]
      .filter(([name, { text }]) => (CHANGES.test(text) || name in AFTER) && !OF_TESTS.includes(name) && !OF_REPAIRS.test(name))
      .map(([name], index) => [name, index] as const),
  )('%s leaves nothing that other processes do not repair', { timeout: 120_000 }, async (name, index) => {
    expect(await inTurn(index, () => withFaultHarness({}, (h) => killBy(name, h)))).toEqual([]);
  });
});
