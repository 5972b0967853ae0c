// What is played under faults: small pieces of the life of a sender, a worker, a rescuer and an operator.
import type { WorkerOptions } from '../../src/index.ts';
import { completedRuns } from '../../src/store/deliveries/commits.ts';
import { hasPendingAppends } from '../../src/store/workers/sleeping.sql.ts';
import { claim, heldDeliveries, suspectWaits } from '../../src/store/statements.ts';
import { OPERATED } from '../chaos/evidence.ts';
import { crash, raiseGhosts, holdPendingAppend } from './ghosts.ts';
import type { Story } from './matrix.ts';
import { happened, unheard } from './receivers.ts';
import type { Stage } from './stage.ts';

/** Emits that commit, that roll back, in a savepoint that does, and two whose COMMIT loses its answer. */
export const sender: Story = {
  who: 'a sender',
  play: async (stage) => {
    const { proxy, send } = stage;
    await send('one', ['fine', 'flaky', 'discard']);
    await send('none', ['fine', 'fine'], { fails: true });
    await savepoints(stage);
    await send('unheard', ['fine'], { before: () => void proxy.nextCommit('its answer is lost') });
    await send('unsaid', ['fine'], { before: () => void proxy.nextCommit('never sent') });
    await send('last', ['fine']);
  },
};

/** A savepoint that is rolled back, in a transaction that goes on. */
async function savepoints({ db, note }: Stage): Promise<void> {
  let inner = 0;
  try {
    await db.transaction(async (tx) => {
      await tx
        .transaction(async (savepoint) => {
          await happened.emitReliable(savepoint, { key: 'inner', fate: 'fine' });
          inner++;
          throw new Error('on purpose');
        })
        .catch(() => {});
      await happened.emitReliable(tx, { key: 'outer', fate: 'fine' });
    });
    note({ key: 'outer', emissions: 1, outcome: 'committed' });
  } catch {
    note({ key: 'outer', emissions: 1, outcome: 'rolled back' });
  }
  note({ key: 'inner', emissions: inner || 1, outcome: 'rolled back' });
}

const WORKER: WorkerOptions = { lease: '2s', pollInterval: '100ms', concurrency: 3 };

/** Works until `until`, as an application would: it starts again until it has started, and is stopped in the end. */
async function work({ box, injector }: Stage, until: () => Promise<void>): Promise<void> {
  let worker = box.worker(WORKER);
  for (let started = false; !started;) {
    started = await worker.start().then(
      () => true,
      () => false,
    );
    if (!started) worker = box.worker(WORKER);
  }
  await until();
  injector.phase = 'ending';
  await worker.stop({ force: true });
}

/** Receivers that return, fail and discard, and one that is interrupted when the worker stops. */
export const worker: Story = {
  who: 'a worker',
  not: ['findUnlocked', 'markExpiredDead', 'release', 'markSleeping', 'clearSleeping'],
  play: async (stage) => {
    await stage.emit('work', 'fine', 'flaky', 'discard', 'poison');
    await work(stage, async () => {
      await stage.until('all is done', async () => (await stage.live()) === 0);
      await stage.emit('interrupted', 'slow');
      await stage.until('it runs', async () => (await stage.sql`select from signalbox.delivery where state = 'running'`).length === 2);
    });
  },
};

/** The answers to a claim and to a COMMIT are lost: what is asked then meets the faults. */
export const doubting: Story = {
  who: 'a worker that has lost answers',
  only: ['heldDeliveries', 'release', 'completedRuns'],
  options: { plans: [{ text: claim.text, fault: 'is executed, and its connection is lost before the answer', use: 1 }] },
  play: async (stage) => {
    const { course, proxy, injector } = stage;
    await stage.emit('one', 'fine');
    let lost = false;
    course.onRun = () => {
      course.onRun = () => {};
      void proxy.nextCommit('its answer is lost').then(() => (lost = true));
    };
    await work(stage, async () => {
      const asked = (): boolean =>
        (injector.uses.get(heldDeliveries.text)?.length ?? 0) > 1 && (!lost || injector.uses.has(completedRuns.text));
      await stage.until('all is done', async () => (await stage.live()) === 0 && asked());
    });
  },
};

/** Two workers have died: one without its lock, the other with a transaction that is open. */
export const rescuer: Story = {
  who: 'a rescuer',
  only: ['findUnlocked', 'markUnlockedDead', 'markExpiredDead', 'endTransactions', 'rescue', 'forgetWorkers'],
  play: async (stage) => {
    await using ghosts = await raiseGhosts(stage, await stage.emit('held', 'fine', 'fine', 'fine'));
    await work(stage, async () => {
      await stage.until('all is done', async () => (await stage.live()) === 0 && (await ghosts.left()) === 0);
    });
  },
};

/** Looks at what there is; what fails is tried again. */
export const observer: Story = {
  who: 'an operator who looks',
  play: async ({ box, calm, emit }) => {
    const [id] = await emit('one', 'fine');
    await calm.drain();
    for (let time = 1; time <= 2; time++) {
      await again(() => box.receivers.announce());
      await again(() => box.receivers.has(unheard));
      await again(() => box.deliveries.find());
      await again(() => box.workers.health());
      await again(() => box.emissions.settled(id!));
    }
  },
};

/** Acts on what there is; what fails is tried again. */
export const operator: Story = {
  who: 'an operator who acts',
  play: async ({ box, calm, emit }) => {
    const [fine] = await emit('good', 'fine');
    const [poison] = await emit('bad', 'poison');
    const [later] = await emit('later', 'later');
    const { deliveries } = box;
    await calm.drain({ ahead: '1m' });
    // A new generation, a fresh budget, an earlier time.
    await again(() => deliveries.replay({ emissionId: fine! }));
    await again(() => deliveries.retry({ emissionId: poison! }));
    await again(() => deliveries.retry({ emissionId: later! }));
    await calm.drain({ ahead: '1m' });
    // What is dead or waits is laid to rest, and brought back.
    await again(() => deliveries.cancel({ emissionId: poison! }, OPERATED));
    await again(() => deliveries.cancel({ emissionId: later! }, OPERATED));
    await again(() => deliveries.retry({ emissionId: poison! }));
    await again(() => deliveries.retry({ emissionId: later! }));
  },
};

async function again(act: () => Promise<unknown>): Promise<void> {
  await act().catch(act).catch(act);
}

/** A worker in the sender's process, which runs what a transaction has emitted. */
export const immediate: Story = {
  who: 'a box in immediate mode',
  only: ['enrolWorker', 'claimEmissions', 'settleFirst', 'resignWorker'],
  options: { mode: 'immediate', onError: 'collect' },
  play: async ({ send }) => {
    await send('one', ['fine', 'flaky', 'discard']);
    await send('two', ['fine']);
  },
};

/** Never idle, it has to look for what must run alone: only every five seconds. */
export const busy: Story = {
  who: 'a worker that is never idle',
  only: ['suspectWaits'],
  options: { crashBudget: 2 },
  play: async (stage) => {
    await stage.emit('suspect', 'fine');
    await crash(stage);
    await stage.emit('long', 'slow');
    await work(stage, () => stage.until('it looks', async () => stage.injector.uses.has(suspectWaits.text)));
  },
};

/** It would sleep, but an append is pending. */
export const sleepless: Story = {
  who: 'a worker that would sleep',
  only: ['markSleeping', 'hasPendingAppends', 'clearSleeping'],
  play: async (stage) => {
    await stage.emit('early', 'fine');
    await work(stage, async () => {
      await using _sender = await holdPendingAppend(stage);
      await stage.until('it looks', async () => stage.injector.uses.has(hasPendingAppends.text));
    });
  },
};

/** Items that are given up, a batch that fails as a whole, and one that is interrupted. */
export const gatherer: Story = {
  who: 'a worker with batches',
  only: ['holdBatch', 'takeRole', 'complete', 'settle', 'release'],
  play: async (stage) => {
    await stage.gather('together', 'fine', 'flaky', 'discard', 'fine');
    await stage.gather('poisoned', 'fine', 'poison', 'fine');
    await work(stage, async () => {
      await stage.until('all is done', async () => (await stage.live()) === 0);
      await stage.gather('interrupted', 'fine', 'slow');
      await stage.until('it runs', async () => (await stage.sql`select from signalbox.delivery where state = 'running'`).length === 2);
    });
  },
};

export const STORIES = { sleepless, sender, worker, gatherer, doubting, rescuer, observer, operator, immediate, busy };
