// The maintenance tasks of tallies: one worker of the cluster samples and folds, until nothing is left or it is told to stop.
import { expect, test } from 'vitest';
import { type TallyTaskParts, tallyTasks } from '../../src/maintenance/tasks/tallies.ts';
import { FOLD_BATCH } from '../../src/store/tallies/tallies.ts';

function parts(about: { turn: boolean; left?: number[] }, stopping = new AbortController()): TallyTaskParts & { readonly done: string[] } {
  const done: string[] = [];
  const left = about.left ?? [];
  return {
    done,
    turns: {
      takeTurn: async (task, { everyMs }) => {
        done.push(`${task}: a turn of ${everyMs / 1_000} s`);
        return about.turn ? { after: undefined } : undefined;
      },
    },
    store: {
      sample: async () => void done.push('sampled'),
      fold: async (span, olderThanMs) => {
        done.push(`folded into ${span} s what is older than ${olderThanMs / 3_600_000} h`);
        const next = left.shift() ?? 0;
        if (next < 0) stopping.abort();
        return Math.abs(next);
      },
      forget: async (olderThanMs) => {
        done.push(`forgot what is older than ${olderThanMs / 86_400_000} d`);
        return 0;
      },
    },
  };
}

const run = async (with_: TallyTaskParts, abortSignal = new AbortController().signal): Promise<void> => {
  for (const task of tallyTasks(with_)) await task.run(abortSignal);
};

test('the worker whose turn it is samples, folds batch by batch, and forgets', async () => {
  const own = parts({ turn: true, left: [FOLD_BATCH, 3] });
  await run(own);
  expect(own.done).toEqual([
    'gauges: a turn of 12.75 s',
    'sampled',
    'tallies: a turn of 510 s',
    'folded into 60 s what is older than 1 h',
    'folded into 60 s what is older than 1 h',
    'folded into 3600 s what is older than 48 h',
    'forgot what is older than 90 d',
  ]);
});

test('all others only look whether it is their turn', async () => {
  const other = parts({ turn: false });
  await run(other);
  expect(other.done).toEqual(['gauges: a turn of 12.75 s', 'tallies: a turn of 510 s']);
});

test('a worker that stops begins no further batch', async () => {
  const stopping = new AbortController();
  const stopped = parts({ turn: true, left: [-FOLD_BATCH, FOLD_BATCH] }, stopping);
  await run(stopped, stopping.signal);
  expect(stopped.done.filter((one) => one.startsWith('folded'))).toHaveLength(1);
  expect(stopped.done.at(-1)).toMatch('folded');
});
