// The scenarios that run under faults: small pieces of the life of a sender, a worker, a rescuer and an operator.
import { type ErrorCode, isSignalboxError, type WorkerOptions } from '../../src/index.ts';
import { completedRuns } from '../../src/store/deliveries/lost-commits.sql.ts';
import { hasPendingAppends } from '../../src/store/workers/sleeping.sql.ts';
import { claim, heldDeliveries, suspectWaits } from '../../src/store/deliveries/claim.sql.ts';
import { OPERATED } from '../evidence/evidence.ts';
import { chargeCrash, addDeadWorkers, holdPendingAppend } from './dead-workers.ts';
import type { Scenario } from './matrix.ts';
import { addOldRows, forgetOldRows } from './old-rows.ts';
import { takePruneTurn } from './prune-turn.ts';
import { happened } from './receivers.ts';
import type { FaultHarness } from './fault-harness.ts';

/** Emits that commit, that roll back, that roll back with a savepoint, and two whose COMMIT loses its answer. */
export const sender: Scenario = {
  role: 'a sender',
  run: async (h) => {
    const { proxy, send } = h;
    await send('one', ['fine', 'flaky', 'discard']);
    await send('none', ['fine', 'fine'], { fails: true });
    await savepoints(h);
    await send('unreceived', ['fine'], { before: () => void proxy.nextCommit('its answer is lost') });
    await send('unsaid', ['fine'], { before: () => void proxy.nextCommit('never sent') });
    await send('last', ['fine']);
  },
};

/** A savepoint that is rolled back, in a transaction that continues. */
async function savepoints({ db, note }: FaultHarness): Promise<void> {
  let inner = 0;
  try {
    await db.transaction(async (tx) => {
      await tx
        .transaction(async (savepoint) => {
          await happened.emitReliable(savepoint, { key: 'inner', script: 'fine' });
          inner++;
          throw new Error('on purpose');
        })
        .catch(() => {});
      await happened.emitReliable(tx, { key: 'outer', script: 'fine' });
    });
    note({ key: 'outer', emissions: 1, outcome: 'committed' });
  } catch {
    note({ key: 'outer', emissions: 1, outcome: 'rolled back' });
  }
  note({ key: 'inner', emissions: inner || 1, outcome: 'rolled back' });
}

const WORKER: WorkerOptions = { lease: '2s', pollInterval: '100ms', concurrency: 3 };

/**
 * Runs a worker until `until`, as an application would: a failed start is retried, and the worker is stopped in the
 * end.
 */
async function work({ box, injector }: FaultHarness, until: () => Promise<void>, options: WorkerOptions = {}): Promise<void> {
  const settings = { ...WORKER, ...options };
  let worker = box.worker(settings);
  for (let started = false; !started;) {
    started = await worker.start().then(
      () => true,
      () => false,
    );
    if (!started) worker = box.worker(settings);
  }
  await until();
  injector.phase = 'ending';
  await worker.stop({ force: true });
}

/** Receivers that return, fail and discard, and one that is interrupted when the worker stops. */
export const worker: Scenario = {
  role: 'a worker',
  not: ['findUnlocked', 'markExpiredDead', 'release', 'markSleeping', 'clearSleeping'],
  run: async (h) => {
    await h.emit('work', 'fine', 'flaky', 'discard', 'poison');
    await work(h, async () => {
      await h.until('all is done', async () => (await h.live()) === 0);
      await h.emit('interrupted', 'slow');
      await h.until('it runs', async () => (await h.sql`select from signalbox.delivery where state = 'running'`).length === 2);
    });
  },
};

/** The answers to a claim and to a COMMIT are lost: the queries that follow meet the faults. */
export const lostAnswers: Scenario = {
  role: 'a worker that has lost answers',
  only: ['heldDeliveries', 'release', 'completedRuns'],
  options: { plannedFaults: [{ text: claim.text, fault: 'is executed, and its connection is lost before the answer', use: 1 }] },
  run: async (h) => {
    const { controls, proxy, injector } = h;
    await h.emit('one', 'fine');
    let lost = false;
    controls.onRun = () => {
      controls.onRun = () => {};
      void proxy.nextCommit('its answer is lost').then(() => (lost = true));
    };
    await work(h, async () => {
      const asked = (): boolean =>
        (injector.uses.get(heldDeliveries.text)?.length ?? 0) > 1 && (!lost || injector.uses.has(completedRuns.text));
      await h.until('all is done', async () => (await h.live()) === 0 && asked());
    });
  },
};

/** Two workers have died: one without its lock, the other with an open transaction. */
export const rescuer: Scenario = {
  role: 'a rescuer',
  only: ['findUnlocked', 'markUnlockedDead', 'markExpiredDead', 'endTransactions', 'rescue', 'forgetWorkers'],
  run: async (h) => {
    await using dead = await addDeadWorkers(h, await h.emit('held', 'fine', 'fine', 'fine'));
    await work(h, async () => {
      await h.until('all is done', async () => (await h.live()) === 0 && (await dead.left()) === 0);
    });
  },
};

/** Retries, replays and cancels, and repeats each call that fails. */
export const operator: Scenario = {
  role: 'an operator who acts',
  run: async ({ box, peer, emit }) => {
    const [fine] = await emit('good', 'fine');
    const [poison] = await emit('bad', 'poison');
    const [later] = await emit('later', 'later');
    const { deliveries } = box;
    await peer.drain({ ahead: '1m' });
    await again(() => box.receivers.announce());
    // A new generation, a fresh budget, an earlier time.
    await again(() => deliveries.replay({ emissionId: fine! }));
    await again(() => deliveries.retry({ emissionId: poison! }));
    await again(() => deliveries.retry({ emissionId: later! }));
    await peer.drain({ ahead: '1m' });
    // Dead and waiting deliveries are cancelled, and then retried.
    await again(() => deliveries.cancel({ emissionId: poison! }, OPERATED));
    await again(() => deliveries.cancel({ emissionId: later! }, OPERATED));
    await again(() => deliveries.retry({ emissionId: poison! }));
    await again(() => deliveries.retry({ emissionId: later! }));
    for (const verb of ['pause', 'resume'] as const) {
      await again(() => box.receivers[verb]('Effects.write'));
      await again(() => box.queues[verb]('default'));
    }
  },
};

/** What is for the owner of the tables: advances sequences that are behind, and tends partitions, which these tables do not have. */
export const owner: Scenario = {
  role: 'an owner',
  only: [
    'listPartitions',
    'highestIds',
    'nextValues',
    'boundLockWaits',
    'lockDelivery',
    'lockReceiver',
    'lockDeliveryError',
    'lockAuditEntry',
    'advanceDelivery',
    'advanceReceiver',
    'advanceDeliveryError',
    'advanceAuditEntry',
  ],
  run: async ({ box, peer, emit, sql }) => {
    await emit('bad', 'poison');
    await peer.drain({ ahead: '1m' });
    await sql`insert into signalbox.audit_entry (at, actor, act, about) values (now(), 'a', 'a', '{}')`;
    for (const table of ['delivery', 'receiver', 'delivery_error', 'audit_entry'])
      await sql.unsafe(`alter sequence signalbox.${table}_id_seq restart with 1`);
    await again(() => box.repairSequences());
    await again(() => box.partitions.tend({ every: 'week', keep: 4 }).catch(expected('MigrationMissing')));
  },
};

/** Passes an error on unless it has the code. */
export const expected =
  (code: ErrorCode) =>
  (error: unknown): void => {
    if (!isSignalboxError(error, code)) throw error;
  };

export async function again<T>(call: () => Promise<T>): Promise<T> {
  return call().catch(call).catch(call);
}

/** Prunes and erases by hand, beside deliveries that are none of its business. */
export const retention: Scenario = {
  role: 'a prune by hand',
  only: ['holdPrunable', 'pruneHeld', 'countPrunable', 'holdErasable', 'eraseHeld'],
  run: async ({ box, sql, peer, emit }) => {
    await emit('young', 'fine', 'poison');
    await peer.drain();
    for (let time = 1; time <= 2; time++) {
      await addOldRows(sql);
      await again(() => box.prune({ dryRun: true }));
      await again(() => box.erase({ path: 'person', value: 'Ann' }));
      await again(() => box.prune());
      if ((await forgetOldRows(sql)) > 0) throw new Error('A prune has left old rows.');
    }
  },
};

/** The same in the turns of a worker. */
export const pruneTurns: Scenario = {
  role: 'a worker that prunes',
  only: ['takeTurn', 'moveCursor', 'holdPrunable', 'pruneHeld', 'forgetLostWorkers'],
  run: async ({ db, sql, peer, emit }) => {
    await emit('young', 'fine', 'poison');
    await peer.drain();
    for (let time = 1; time <= 2; time++) {
      await addOldRows(sql);
      await again(() => takePruneTurn(db, sql));
      await again(() => takePruneTurn(db, sql));
      // The next pass begins at the first emission again.
      await sql`delete from signalbox.maintenance_task`;
      if ((await forgetOldRows(sql)) > 0) throw new Error('A prune has left old rows.');
    }
  },
};

/** A worker in the sender's process, which runs what a transaction has emitted. */
export const immediate: Scenario = {
  role: 'a box in immediate mode',
  only: ['enrolWorker', 'claimEmissions', 'settleFirst', 'resignWorker'],
  options: { testing: 'immediate', onFailure: 'collect' },
  run: async ({ send }) => {
    await send('one', ['fine', 'flaky', 'discard']);
    await send('two', ['fine']);
  },
};

/** A worker that is never idle must scan for suspects, which it does only every five seconds. */
export const busy: Scenario = {
  role: 'a worker that is never idle',
  only: ['suspectWaits'],
  options: { crashBudget: 2 },
  run: async (h) => {
    await h.emit('suspect', 'fine');
    await chargeCrash(h);
    await h.emit('long', 'slow');
    await work(h, () => h.until('it looks', async () => h.injector.uses.has(suspectWaits.text)));
  },
};

/** A worker would sleep, but an append is pending. */
export const pendingAppend: Scenario = {
  role: 'a worker that would sleep',
  only: ['markSleeping', 'hasPendingAppends', 'clearSleeping'],
  run: async (h) => {
    await h.emit('early', 'fine');
    // Before the worker starts: once its flag is safely set, it asks no longer.
    await using _sender = await holdPendingAppend(h);
    await work(h, () => h.until('it looks', async () => h.injector.uses.has(hasPendingAppends.text)));
  },
};

/** Items that fail for good, a batch that fails as a whole, and one that is interrupted. */
export const batches: Scenario = {
  role: 'a worker with batches',
  only: ['holdBatch', 'takeRole', 'complete', 'settle', 'release'],
  run: async (h) => {
    await h.emitBatch('together', 'fine', 'flaky', 'discard', 'fine');
    await h.emitBatch('poisoned', 'fine', 'poison', 'fine');
    await work(h, async () => {
      await h.until('all is done', async () => (await h.live()) === 0);
      await h.emitBatch('interrupted', 'fine', 'slow');
      await h.until('it runs', async () => (await h.sql`select from signalbox.delivery where state = 'running'`).length === 2);
    });
  },
};

/** Deliveries that share transactions: some fail, and are undone to their savepoints. */
export const sharing: Scenario = {
  role: 'a worker whose deliveries share transactions',
  only: ['beginPart', 'undoPart', 'complete'],
  run: async (h) => {
    await h.emitShared('shared', ...Array.from({ length: 30 }, (_, index) => (index % 3 === 2 ? 'flaky' : 'fine')));
    await work(h, () => h.until('all is done', async () => (await h.live()) === 0), { concurrency: 1 });
  },
};

export const SCENARIOS = {
  sharing,
  pendingAppend,
  sender,
  worker,
  batches,
  lostAnswers,
  rescuer,
  operator,
  owner,
  retention,
  pruneTurns,
  immediate,
  busy,
};
