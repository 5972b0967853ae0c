// A process is killed by each of its statements in turn: it was executed, and nobody hears the answer.
import { describe, expect, test } from 'vitest';
import type { Violation } from '../chaos/checker.ts';
import { Program } from '../crash/program.ts';
import { textOf } from './faults.ts';
import { raiseGhosts, holdPendingAppend } from './ghosts.ts';
import { onStage, type Stage } from './stage.ts';
import { statements } from './statements.ts';
import { until } from './until.ts';

const all = await statements();

/** What only a process sends that has lost another answer before: of a sender's COMMIT, of a claim, of a receiver's COMMIT. */
const AFTER: Readonly<Record<string, { readonly statement: RegExp; readonly when: 'at once' | 'at work' }>> = {
  transactionProgress: { statement: /^commit$/i, when: 'at once' },
  isEmissionStored: { statement: /^commit$/i, when: 'at once' },
  completedRuns: { statement: /^commit$/i, when: 'at work' },
  heldDeliveries: { statement: textOf(all.get('claim')!.text), when: 'at work' },
};

/** Processes at once. */
const PLACES = 2;
const free: Promise<unknown>[] = Array.from({ length: PLACES }, () => Promise.resolve());

/** Runs `work` when those before it in its place have ended. */
async function inPlace<T>(index: number, work: () => Promise<T>): Promise<T> {
  const turn = free[index % PLACES]!.then(work);
  free[index % PLACES] = Promise.allSettled([turn]);
  return turn;
}

/** What was laid to rest to be brought back is brought back: the operator sees that he was not done. */
async function finishOperation({ sql, calm }: Stage): Promise<void> {
  const cancelled = await sql<{ id: string }[]>`
    select distinct e.id::text as id from signalbox.settled s join signalbox.emission e on e.id = s.emission_id
    where s.state = 'cancelled' and e.payload ->> 'fate' <> 'discard'`;
  for (const { id } of cancelled) await calm.deliveries.retry({ emissionId: id });
}

async function killBy(name: string, stage: Stage): Promise<Violation[]> {
  const { proxy } = stage;
  await using _ghosts = await raiseGhosts(stage, await stage.emit('held', 'fine', 'fine', 'fine'));
  await using _sender = name === 'hasPendingAppends' ? await holdPendingAppend(stage) : undefined;
  const program = new Program('../../faults/programs/life', {
    DATABASE_URL: proxy.url,
    DIRECT_URL: stage.url,
    FOREVER: ['suspectWaits', 'hasPendingAppends'].includes(name) ? 'yes' : '',
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
      stage.note({ key: key!, emissions: Number(emissions), outcome: program.hasSaid(`committed ${key}`) ? 'committed' : 'unknown' });
    }
    await finishOperation(stage);
    return await stage.judge();
  } finally {
    await program.kill('SIGKILL');
  }
}

describe.concurrent('a process that is killed when the server has executed its', () => {
  test.each([...all.keys()].map((name, index) => [name, index] as const))(
    '%s leaves nothing that others do not put right',
    { timeout: 120_000 },
    async (name, index) => {
      expect(await inPlace(index, () => onStage({}, (stage) => killBy(name, stage)))).toEqual([]);
    },
  );
});
