// A process that works on an errand is killed, before the server has its second batch or before it has the answer. Another one goes on: nothing is
// done twice, and nothing is left.
import { expect, test } from 'vitest';
import type { Errand } from '../../src/index.ts';
import { type Stage, STAGES } from '../../src/store/errands/errands-store.ts';
import { textOf } from '../faults/faults.ts';
import { fill, operated, type Operated } from '../operate/errands.ts';
import { Program } from '../processes/program.ts';
import { openProxy } from '../processes/proxy.ts';

/** So many that the second batch is neither the first nor the last. */
const MANY = 2_500;

interface Case {
  readonly state: 'dead' | 'completed' | 'ready';
  begin(h: Operated): Promise<Errand>;
  /** The rows that are left. */
  readonly rows: Readonly<Record<string, number>>;
}

const filter = { receiver: 'Books.onPaid' };

const CASES: Readonly<Record<Stage, Case>> = {
  requeueUnfinished: {
    state: 'dead',
    begin: ({ box }) => box.errands.begin({ act: 'retry', filter }),
    rows: { 'Books.onPaid ready 0': MANY },
  },
  // The throttle would stop it at 1,000: they are run meanwhile.
  requeueSettled: {
    state: 'completed',
    begin: ({ box }) => box.errands.begin({ act: 'replay', filter }),
    rows: { 'Books.onPaid completed 1': MANY },
  },
  makeDue: {
    state: 'ready',
    begin: ({ box }) => box.errands.begin({ act: 'retry', filter: { ...filter, states: ['ready'] } }),
    rows: { 'Books.onPaid ready 0': MANY },
  },
  cancelLive: {
    state: 'ready',
    begin: ({ box }) => box.errands.begin({ act: 'cancel', filter }),
    rows: { 'Books.onPaid cancelled 0': MANY },
  },
  cancelDead: {
    state: 'dead',
    begin: ({ box }) => box.errands.begin({ act: 'cancel', filter: { ...filter, states: ['dead'] } }),
    rows: { 'Books.onPaid cancelled 0': MANY },
  },
  moveLive: {
    state: 'ready',
    begin: ({ box }) => box.receivers.move('Books.onPaid', 'Mails.onPaid'),
    rows: { 'Mails.onPaid ready 0': MANY },
  },
  moveDead: {
    state: 'dead',
    begin: ({ box }) => box.receivers.move('Books.onPaid', 'Mails.onPaid'),
    rows: { 'Mails.onPaid dead 0': MANY },
  },
};

const cases = (Object.keys(CASES) as Stage[]).flatMap((stage) =>
  (['never sent', 'its answer is lost'] as const).map((loss) => [stage, loss] as const),
);

/** Does the first batch that changes anything. */
async function advanceOnce(h: Operated, id: string): Promise<void> {
  const abort = new AbortController();
  const off = h.box.on('errand.advanced', ({ changed }) => {
    if (changed > 0) abort.abort();
  });
  await h.box.errands.work(id, { abortSignal: abort.signal });
  off();
}

test.each(cases)('killed at the second batch of %s, which is %s: another process goes on', { timeout: 120_000 }, async (stage, loss) => {
  await using h = await operated();
  await using proxy = await openProxy(h.url);
  await h.box.receivers.announce();
  const { state, begin, rows } = CASES[stage];
  await fill(h, 'Books.onPaid', state, MANY);
  const { id } = await begin(h);
  await advanceOnce(h, id);
  // Room for more.
  if (stage === 'requeueSettled') await h.box.drain();
  const program = new Program('crash/programs/errand', { DATABASE_URL: proxy.url, ERRAND: id });
  try {
    void proxy.next(textOf(STAGES[stage].text), loss, () => void program.kill('SIGKILL'));
    expect({ end: await program.ends(), errors: program.errors }).toEqual({ end: 'SIGKILL', errors: '' });
  } finally {
    await program.kill('SIGKILL');
  }
  expect(await h.box.errands.get(id)).toMatchObject({ state: 'running', done: loss === 'never sent' ? 1_000 : 2_000 });
  const worked = h.box.errands.work(id);
  for (let now = stage === 'requeueSettled' ? 'running' : 'done'; now === 'running'; now = (await h.box.errands.get(id))!.state)
    await h.box.drain();
  expect(await worked).toMatchObject({ state: 'done', done: MANY, skipped: 0 });
  if (stage === 'requeueSettled') await h.box.drain();
  expect(await h.rows()).toEqual(rows);
  const [noted] = await h.sql<{ errors: number; deliveries: number }[]>`
    select count(*)::int as errors, count(distinct delivery_id)::int as deliveries from signalbox.delivery_error`;
  expect(noted).toEqual(stage.startsWith('cancel') ? { errors: MANY, deliveries: MANY } : { errors: 0, deliveries: 0 });
});
