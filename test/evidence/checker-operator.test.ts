// The checker on runs with an operator, and on runs whose deliveries end dead by crashes.
import { expect, test } from 'vitest';
import { check } from './checker.ts';
import { causeOf, OPERATED } from './evidence.ts';
import { A, change, B, call, changed, goodRun, kindsOf, type Mutable, without, write } from './good-run.ts';

/**
 * An operator replays the completed delivery 1, which emits again, cancels the dead delivery 3, and cancels 2 during
 * its second run.
 */
function operatedRun(): Mutable {
  const run = goodRun();
  run.changes.push(
    change('1', 'completed', 'ready', { generation: 1, epoch: 4 }),
    change('1', 'ready', 'running', { generation: 1, epoch: 5, attempt: 1, workerId: 1 }),
    change('1', 'running', 'completed', { generation: 1, epoch: 5, attempt: 1, heldBy: 1 }),
    change('3', 'dead', 'cancelled', { epoch: 4, attempt: 3 }),
    change('2', 'completed', 'ready', { generation: 1, epoch: 2 }),
    change('2', 'ready', 'ready', { generation: 1, epoch: 2 }),
    change('2', 'ready', 'running', { generation: 1, epoch: 3, attempt: 1, workerId: 1 }),
    change('2', 'running', 'cancelled', { generation: 1, epoch: 4, attempt: 1, heldBy: 1 }),
    change('4', undefined, 'ready', {}),
    change('4', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
    change('4', 'running', 'completed', { epoch: 1, attempt: 1, heldBy: 1 }),
  );
  run.deliveries = changed(run.deliveries, ({ id }) => id === '1', { generation: 1, epoch: 5 });
  run.deliveries = changed(run.deliveries, ({ id }) => id === '3', { state: 'cancelled', epoch: 4 });
  run.deliveries = changed(run.deliveries, ({ id }) => id === '2', { state: 'cancelled', generation: 1, epoch: 4 });
  run.deliveries.push({ ...run.deliveries[1]!, id: '4', emissionId: 'e4', generation: 0, state: 'completed', epoch: 1 });
  run.emissions.push({ id: 'e4', signal: 'further', key: causeOf('1'), script: 'fine' });
  run.effects.push(
    { deliveryId: '1', generation: 1, epoch: 5, claimedEpoch: 5, pid: A },
    { deliveryId: '2', generation: 1, epoch: null, claimedEpoch: 3, pid: A },
    { deliveryId: '4', generation: 0, epoch: null, claimedEpoch: 1, pid: A },
  );
  for (const deliveryId of ['2', '3']) run.failures.push({ deliveryId, epoch: 4, name: 'Discard', message: OPERATED, trace: '' });
  return run;
}

test('a run in which an operator replayed and cancelled deliveries is accepted', () => {
  expect(check(operatedRun())).toEqual([]);
});

const operated: [string, string[], (run: Mutable) => void][] = [
  [
    'a delivery was cancelled without an operator',
    ['off the diagram', 'wrong end'],
    (run) => void (run.failures = without(run.failures, ({ deliveryId, epoch }) => deliveryId === '3' && epoch === 4)),
  ],
  [
    'a cancelled delivery has an effect',
    ['ghost', 'wrong epoch'],
    (run) => void (run.receivers = [write, { ...call, transactional: true }]),
  ],
  [
    'the effect of an earlier generation is lost',
    ['missing'],
    (run) => void (run.effects = without(run.effects, ({ deliveryId, generation }) => deliveryId === '1' && generation === 0)),
  ],
  ['an earlier generation has two effects', ['duplicate'], (run) => void run.effects.push(run.effects[0]!)],
  [
    'a replayed delivery has not emitted again',
    ['missing'],
    (run) => {
      run.emissions = without(run.emissions, ({ id }) => id === 'e4');
      run.deliveries = without(run.deliveries, ({ id }) => id === '4');
      run.effects = without(run.effects, ({ deliveryId }) => deliveryId === '4');
      run.changes = without(run.changes, ({ deliveryId }) => deliveryId === '4');
    },
  ],
];

test.each(operated)('with an operator, the checker finds that %s', (_what, kinds, spoil) => {
  const run = operatedRun();
  spoil(run);
  expect(kindsOf(run)).toEqual(kinds);
});

/** Delivery 3 is rescued from worker 1 twice, and then dies with worker 2. */
function givenUpRun(company: 'alone' | 'in company'): Mutable {
  const run = goodRun();
  run.changes = without(run.changes, ({ deliveryId }) => deliveryId === '3');
  run.changes.push(
    change('3', undefined, 'ready', {}),
    change('3', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
    change('3', 'running', 'ready', { epoch: 2, crashes: 1, heldBy: 1 }),
    change('3', 'ready', 'running', { epoch: 3, attempt: 1, crashes: 1, workerId: 1 }),
    change('3', 'running', 'ready', { epoch: 4, crashes: 2, heldBy: 1 }),
    change('3', 'ready', 'running', { epoch: 5, attempt: 1, crashes: 2, workerId: 2 }),
  );
  const other = run.changes.findIndex(({ deliveryId, workerId }) => deliveryId === '1' && workerId === 2);
  const [claim, end] = run.changes.slice(other, other + 2);
  if (company === 'in company') {
    run.changes.splice(other, 2);
    run.changes.push(claim!);
  }
  run.changes.push(change('3', 'running', 'dead', { epoch: 6, attempt: 1, crashes: 3, heldBy: 2 }));
  if (company === 'in company') run.changes.push(end!);
  run.deliveries = changed(run.deliveries, ({ id }) => id === '3', { epoch: 6, attempt: 1 });
  run.emissions = changed(run.emissions, ({ id }) => id === 'e3', { script: 'fine' });
  run.failures = [{ deliveryId: '3', epoch: 6, name: 'SignalboxError', message: '3 workers died [CrashBudgetSpent]', trace: '' }];
  return run;
}

test('a delivery that is dead after three crashes, the last one alone, is accepted', () => {
  expect(check(givenUpRun('alone'))).toEqual([]);
});

test('a delivery that is dead by crashes may have left an effect outside of its transaction, and none in it', () => {
  const run = givenUpRun('alone');
  run.effects.push({ deliveryId: '3', generation: 0, epoch: null, claimedEpoch: 5, pid: B });
  expect(kindsOf(run)).toEqual(['ghost']);
  run.receivers = [{ ...write, transactional: false }, call];
  expect(kindsOf(run)).toEqual([]);
});

test('the checker finds that a delivery is dead by crashes although its worker ran another one, too', () => {
  expect(kindsOf(givenUpRun('in company'))).toEqual(['off the diagram']);
});
