// The checker itself: it accepts a run in which all went well, and finds each thing that can be wrong in one.
import { expect, test } from 'vitest';
import { check } from './checker.ts';
import { type Act, causeOf, type Evidence, type Receiver, type State } from './evidence.ts';

const write: Receiver = { name: 'Effects.write', signal: 'happened', transactional: true, budget: 3, emits: 'further' };
const call: Receiver = { name: 'Effects.call', signal: 'further', transactional: false, budget: 3 };
const A = 11;
const B = 22;

type Mutable = { -readonly [K in keyof Evidence]: Evidence[K] extends readonly (infer T)[] ? T[] : Evidence[K] };

const act = (deliveryId: string, from: State | undefined, to: State | undefined, rest: Partial<Act>): Act => ({
  deliveryId,
  from,
  to,
  generation: 0,
  epoch: 0,
  attempt: 0,
  crashes: 0,
  heldBy: undefined,
  workerId: undefined,
  at: 0,
  ...rest,
});

/**
 * Worker 1 (process A) claims delivery 1 and freezes; it is rescued, and worker 2 (process B) completes it, which emits
 * delivery 2. Delivery 3 is of a poison value and dies; deliveries 4 and 5 were never born, for they were rolled back or lost.
 */
function goodRun(): Mutable {
  return {
    receivers: [write, call],
    sent: [
      { key: 't1', emissions: 1, outcome: 'committed' },
      { key: 't2', emissions: 1, outcome: 'unknown' },
      { key: 't3', emissions: 2, outcome: 'rolled back' },
      { key: 't4', emissions: 2, outcome: 'unknown' },
    ],
    emissions: [
      { id: 'e1', signal: 'happened', key: 't1', fate: 'fine' },
      { id: 'e2', signal: 'further', key: causeOf('1'), fate: 'fine' },
      { id: 'e3', signal: 'happened', key: 't2', fate: 'poison' },
    ],
    deliveries: [
      { id: '1', emissionId: 'e1', receiver: write.name, generation: 0, state: 'completed', epoch: 3, attempt: 1, workerId: undefined },
      { id: '2', emissionId: 'e2', receiver: call.name, generation: 0, state: 'completed', epoch: 1, attempt: 1, workerId: undefined },
      { id: '3', emissionId: 'e3', receiver: write.name, generation: 0, state: 'dead', epoch: 3, attempt: 3, workerId: undefined },
    ],
    effects: [
      { deliveryId: '1', generation: 0, epoch: 3, claimedEpoch: 3, pid: B },
      { deliveryId: '2', generation: 0, epoch: null, claimedEpoch: 1, pid: A },
    ],
    acts: [
      act('1', undefined, 'ready', {}),
      act('1', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
      act('1', 'running', 'ready', { epoch: 2, crashes: 1, heldBy: 1 }),
      act('1', 'ready', 'running', { epoch: 3, attempt: 1, crashes: 1, workerId: 2 }),
      act('1', 'running', 'completed', { epoch: 3, attempt: 1, crashes: 1, heldBy: 2 }),
      act('2', undefined, 'ready', {}),
      act('2', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
      act('2', 'running', 'completed', { epoch: 1, attempt: 1, heldBy: 1 }),
      act('3', undefined, 'ready', {}),
      act('3', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
      act('3', 'running', 'ready', { epoch: 1, attempt: 1, heldBy: 1 }),
      act('3', 'ready', 'running', { epoch: 2, attempt: 2, workerId: 2 }),
      act('3', 'running', 'ready', { epoch: 2, attempt: 2, heldBy: 2 }),
      act('3', 'ready', 'running', { epoch: 3, attempt: 3, workerId: 1 }),
      act('3', 'running', 'dead', { epoch: 3, attempt: 3, heldBy: 1 }),
    ],
    failures: [{ deliveryId: '3', name: 'Error', message: 'chaos: poison', trace: '' }],
    pids: new Map([
      [1, A],
      [2, B],
    ]),
    runs: new Map(),
    misbehaviours: [],
  };
}

const kindsOf = (run: Evidence): string[] => [...new Set(check(run).map(({ kind }) => kind))].sort();

const without = <T>(items: T[], matches: (item: T) => boolean): T[] => items.filter((item) => !matches(item));
const changed = <T extends object>(items: T[], matches: (item: T) => boolean, change: Partial<T>): T[] =>
  items.map((item) => (matches(item) ? { ...item, ...change } : item));

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
      run.emissions.push({ id: 'e9', signal: 'happened', key: 't3', fate: 'fine' });
    },
  ],
  [
    'one emission of two is stored, of a transaction that nobody knows the end of',
    ['missing', 'torn'],
    (run) => {
      run.emissions.push({ id: 'e9', signal: 'happened', key: 't4', fate: 'fine' });
    },
  ],
  ['an emission is stored twice', ['duplicate', 'missing'], (run) => void run.emissions.push({ ...run.emissions[0]!, id: 'e9' })],
  [
    'an emission has no delivery',
    ['missing'],
    (run) => {
      run.deliveries = without(run.deliveries, ({ id }) => id === '3');
      run.acts = without(run.acts, ({ deliveryId }) => deliveryId === '3');
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
      run.acts.push(
        act('9', undefined, 'ready', {}),
        act('9', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
        act('9', 'running', 'cancelled', { epoch: 1, attempt: 1 }),
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
    // All counts are right, and so is the epoch that the receiver saw: the row's, which is not that of its own claim.
    'the frozen worker woke up and completed the run of another, guarded by id and state alone',
    ['wrong epoch'],
    (run) => void (run.effects = changed(run.effects, ({ deliveryId }) => deliveryId === '1', { claimedEpoch: 1, pid: A })),
  ],
  [
    'a process ran what another had claimed',
    ['wrong epoch'],
    (run) => void (run.effects = changed(run.effects, ({ deliveryId }) => deliveryId === '1', { pid: A })),
  ],
  [
    'the effect saw another epoch than the completed one',
    ['wrong epoch'],
    (run) => void (run.effects = changed(run.effects, ({ deliveryId }) => deliveryId === '1', { epoch: 1, claimedEpoch: 1, pid: A })),
  ],
  [
    'a receiver completed, and what it emitted is lost',
    ['missing'],
    (run) => {
      run.emissions = without(run.emissions, ({ id }) => id === 'e2');
      run.deliveries = without(run.deliveries, ({ id }) => id === '2');
      run.effects = without(run.effects, ({ deliveryId }) => deliveryId === '2');
      run.acts = without(run.acts, ({ deliveryId }) => deliveryId === '2');
    },
  ],
  [
    'a receiver failed, and what it emitted is there',
    ['ghost', 'missing'],
    (run) => void run.emissions.push({ id: 'e9', signal: 'further', key: causeOf('3'), fate: 'fine' }),
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
      run.acts.push(act('1', 'completed', undefined, { epoch: 3, attempt: 1, crashes: 1 }));
    },
  ],
  [
    'a claim did not raise the epoch',
    ['off the diagram', 'wrong epoch'],
    (run) =>
      void (run.acts = changed(run.acts, ({ deliveryId, to, epoch }) => deliveryId === '3' && to === 'running' && epoch === 2, {
        epoch: 1,
      })),
  ],
  [
    'a rescue did not raise the epoch',
    ['off the diagram'],
    (run) => void (run.acts = changed(run.acts, ({ crashes, to }) => crashes === 1 && to === 'ready', { epoch: 1 })),
  ],
  [
    'a rescue cost an attempt',
    ['off the diagram'],
    (run) => void (run.acts = changed(run.acts, ({ crashes, to }) => crashes === 1 && to === 'ready', { attempt: 1 })),
  ],
  [
    'a delivery ran that had ended',
    ['off the diagram'],
    (run) => {
      run.acts.splice(5, 0, act('1', 'completed', 'running', { epoch: 4, attempt: 2, crashes: 1, workerId: 1 }));
      run.acts.splice(6, 0, act('1', 'running', 'completed', { epoch: 4, attempt: 2, crashes: 1 }));
    },
  ],
  ['a delivery died before its budget was spent', ['over budget'], (run) => void (run.receivers = [{ ...write, budget: 4 }, call])],
  ['a delivery had more attempts than its budget', ['over budget'], (run) => void (run.receivers = [{ ...write, budget: 2 }, call])],
  [
    'a lost connection was charged to the receiver',
    ['charged'],
    (run) => void run.failures.push({ deliveryId: '1', name: 'Error', message: 'Connection terminated', trace: '' }),
  ],
  ['a process crashed', ['misbehaved'], (run) => void run.misbehaviours.push({ who: 'worker 1', what: 'ended with 1' })],
];

test.each(seeded)('it finds that %s', (_what, kinds, spoil) => {
  const run = goodRun();
  spoil(run);
  expect(kindsOf(run)).toEqual(kinds);
});
