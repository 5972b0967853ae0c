// The checker itself: it accepts a correct run, and finds each possible violation in a spoiled one.
import { expect, test } from 'vitest';
import { check } from './checker.ts';
import { causeOf } from './evidence.ts';
import { A, change, call, changed, goodRun, kindsOf, type Mutable, without, write } from './good-run.ts';

test('a run in which a worker froze, a delivery died and a transaction was rolled back is accepted', () => {
  expect(check(goodRun())).toEqual([]);
});

const seeded: [string, string[], (run: Mutable) => void][] = [
  [
    'a committed emission is not stored',
    ['missing'],
    (run) => {
      run.sent.push({ key: 't5', emissions: 1, outcome: 'committed' });
    },
  ],
  [
    'a rolled-back transaction has left an emission',
    ['ghost', 'missing'],
    (run) => {
      run.emissions.push({ id: 'e9', signal: 'happened', key: 't3', script: 'fine' });
    },
  ],
  [
    'one emission of two is stored, of a transaction whose outcome is unknown',
    ['missing', 'torn'],
    (run) => {
      run.emissions.push({ id: 'e9', signal: 'happened', key: 't4', script: 'fine' });
    },
  ],
  ['an emission is stored twice', ['duplicate', 'missing'], (run) => void run.emissions.push({ ...run.emissions[0]!, id: 'e9' })],
  [
    'an emission has no delivery',
    ['missing'],
    (run) => {
      run.deliveries = without(run.deliveries, ({ id }) => id === '3');
      run.changes = without(run.changes, ({ deliveryId }) => deliveryId === '3');
    },
  ],
  [
    'an emission has two deliveries for one receiver',
    ['duplicate', 'missing', 'off the diagram'],
    (run) => void run.deliveries.push({ ...run.deliveries[0]!, id: '9' }),
  ],
  [
    'a delivery belongs to no emission',
    ['ghost'],
    (run) => {
      run.deliveries.push({
        id: '9',
        emissionId: 'e9',
        receiver: write.name,
        generation: 0,
        state: 'cancelled',
        epoch: 1,
        attempt: 1,
        workerId: undefined,
      });
      run.changes.push(
        change('9', undefined, 'ready', {}),
        change('9', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
        change('9', 'running', 'cancelled', { epoch: 1, attempt: 1 }),
      );
    },
  ],
  [
    'a completed delivery has no effect',
    ['missing'],
    (run) => void (run.effects = without(run.effects, ({ deliveryId }) => deliveryId === '1')),
  ],
  [
    'a receiver without a transaction has left nothing',
    ['missing'],
    (run) => void (run.effects = without(run.effects, ({ deliveryId }) => deliveryId === '2')),
  ],
  ['a completed delivery has two effects', ['duplicate'], (run) => void run.effects.push(run.effects[0]!)],
  [
    'a dead delivery has an effect',
    ['ghost'],
    (run) => void run.effects.push({ deliveryId: '3', generation: 0, epoch: 3, claimedEpoch: 3, pid: A }),
  ],
  [
    'an effect is of a delivery that is not there',
    ['ghost', 'wrong epoch'],
    (run) => void run.effects.push({ deliveryId: '9', generation: 0, epoch: 1, claimedEpoch: 1, pid: A }),
  ],
  [
    'a delivery that should have died is completed',
    ['missing', 'off the diagram', 'wrong end'],
    (run) => void (run.deliveries = changed(run.deliveries, ({ id }) => id === '3', { state: 'completed' })),
  ],
  [
    // All counts are right, and so is the epoch that the receiver saw: it is the row's, not that of the receiver's own
    // claim.
    'the frozen worker woke up and completed the run of another worker, guarded only by id and state',
    ['wrong epoch'],
    (run) => void (run.effects = changed(run.effects, ({ deliveryId }) => deliveryId === '1', { claimedEpoch: 1, pid: A })),
  ],
  [
    'a process ran a delivery that another process had claimed',
    ['wrong epoch'],
    (run) => void (run.effects = changed(run.effects, ({ deliveryId }) => deliveryId === '1', { pid: A })),
  ],
  [
    'the effect saw another epoch than the completed one',
    ['wrong epoch'],
    (run) => void (run.effects = changed(run.effects, ({ deliveryId }) => deliveryId === '1', { epoch: 1, claimedEpoch: 1, pid: A })),
  ],
  [
    'a receiver completed, and its emission is lost',
    ['missing'],
    (run) => {
      run.emissions = without(run.emissions, ({ id }) => id === 'e2');
      run.deliveries = without(run.deliveries, ({ id }) => id === '2');
      run.effects = without(run.effects, ({ deliveryId }) => deliveryId === '2');
      run.changes = without(run.changes, ({ deliveryId }) => deliveryId === '2');
    },
  ],
  [
    'a receiver failed, and its emission is there',
    ['ghost', 'missing'],
    (run) => void run.emissions.push({ id: 'e9', signal: 'further', key: causeOf('3'), script: 'fine' }),
  ],
  [
    'a delivery still waits',
    ['left waiting', 'off the diagram'],
    (run) => void (run.deliveries = changed(run.deliveries, ({ id }) => id === '3', { state: 'running' })),
  ],
  [
    'a delivery left its table and reached no other',
    ['off the diagram'],
    (run) => {
      run.changes.push(change('1', 'completed', undefined, { epoch: 3, attempt: 1, crashes: 1 }));
    },
  ],
  [
    'a claim did not raise the epoch',
    ['off the diagram', 'wrong epoch'],
    (run) =>
      void (run.changes = changed(run.changes, ({ deliveryId, to, epoch }) => deliveryId === '3' && to === 'running' && epoch === 2, {
        epoch: 1,
      })),
  ],
  [
    'a rescue did not raise the epoch',
    ['off the diagram'],
    (run) => void (run.changes = changed(run.changes, ({ crashes, to }) => crashes === 1 && to === 'ready', { epoch: 1 })),
  ],
  [
    'a rescue cost an attempt',
    ['off the diagram'],
    (run) => void (run.changes = changed(run.changes, ({ crashes, to }) => crashes === 1 && to === 'ready', { attempt: 1 })),
  ],
  [
    'a delivery ran that had ended',
    ['missing', 'off the diagram', 'wrong epoch'],
    (run) => {
      run.changes.splice(5, 0, change('1', 'completed', 'running', { epoch: 4, attempt: 2, crashes: 1, workerId: 1 }));
      run.changes.splice(6, 0, change('1', 'running', 'completed', { epoch: 4, attempt: 2, crashes: 1 }));
    },
  ],
  ['a delivery died before its budget was spent', ['over budget'], (run) => void (run.receivers = [{ ...write, budget: 4 }, call])],
  ['a delivery had more attempts than its budget', ['over budget'], (run) => void (run.receivers = [{ ...write, budget: 2 }, call])],
  [
    'a lost connection was charged to the receiver',
    ['charged'],
    (run) => void run.failures.push({ deliveryId: '1', epoch: 1, name: 'Error', message: 'Connection terminated', trace: '' }),
  ],
  ['a process crashed', ['misbehaved'], (run) => void run.misbehaviours.push({ who: 'worker 1', what: 'ended with 1' })],
];

test.each(seeded)('the checker finds that %s', (_what, kinds, spoil) => {
  const run = goodRun();
  spoil(run);
  expect(kindsOf(run)).toEqual(kinds);
});
