// The scenario of errands: acts on many deliveries, of an operator whose database fails.
import { isSignalboxError } from '../../src/index.ts';
import { OPERATED } from '../evidence/evidence.ts';
import type { Scenario } from './matrix.ts';
import { fresh } from './receivers.ts';
import { again, expected } from './scenarios.ts';

/** Errands on the deliveries of a worker that is away: each act, and what begins, pauses and stops them. Each call that fails is repeated. */
export const errands: Scenario = {
  role: 'an operator who acts on many',
  only: [
    'beginErrand',
    'sameErrand',
    'getErrand',
    'unfinishedErrands',
    'listErrands',
    'changeErrand',
    'nextTransaction',
    'retireReceiver',
    'movesTo',
    'requeueUnfinished',
    'requeueSettled',
    'makeDueBatch',
    'cancelLiveBatch',
    'cancelDeadBatch',
    'moveLiveBatch',
    'moveDeadBatch',
  ],
  run: async ({ box, peer, emit }) => {
    const { errands: shelf, receivers } = box;
    const act = async (begin: () => Promise<{ id: string }>, options: { abortSignal?: AbortSignal } = {}): Promise<string> => {
      const { id } = await begun(begin);
      await again(() => shelf.pause(id));
      await again(() => shelf.resume(id));
      await again(() => shelf.work(id, options));
      return id;
    };
    await emit('good', 'fine');
    await emit('bad', 'poison');
    await emit('later', 'later');
    await peer.drain({ ahead: '1m' });
    await act(() => shelf.begin({ act: 'replay', filter: {}, actsAgain: true }));
    await act(() => shelf.begin({ act: 'retry', filter: { states: ['dead', 'ready'] } }));
    await peer.drain({ ahead: '1m' });
    await act(() => shelf.begin({ act: 'cancel', filter: { states: ['ready', 'dead'] }, because: OPERATED }));
    await act(() => shelf.begin({ act: 'retry', filter: { states: ['cancelled'], error: OPERATED } }));
    // Of receivers that have nothing: where a delivery goes is shown by tests of its own.
    receivers.connect(fresh, () => {}, { name: 'Fresh.receive' });
    receivers.connect(fresh, () => {}, { name: 'Fresh.other' });
    await again(() => receivers.announce());
    await act(() => receivers.move('Fresh.receive', 'Fresh.other'));
    // It would wait for every transaction of the server that was under way, those of other tests among them.
    const retiring = await act(async () => (await receivers.retire('Fresh.other', { waiting: 'cancel' })).errand!, {
      abortSignal: AbortSignal.timeout(1_000),
    });
    await again(() => shelf.stop(retiring).catch(expected('ErrandNotFound')));
    const { id } = await begun(() => shelf.begin({ act: 'retry', filter: { receiver: 'Fresh.other' } }));
    await shelf.begin({ act: 'retry', filter: { receiver: 'Fresh.other' } }).catch(() => {});
    await again(() => shelf.stop(id));
    await again(() => shelf.list());
    await again(() => shelf.workOnAll(new AbortController().signal));
  },
};

/** An errand whose beginning may have been written though its answer was lost: then the second try names it. */
async function begun(begin: () => Promise<{ id: string }>): Promise<{ id: string }> {
  return begin().catch(() =>
    begin().catch((error: unknown) => {
      if (isSignalboxError(error, 'ErrandUnfinished')) return { id: error.details.errandId };
      return begin();
    }),
  );
}
