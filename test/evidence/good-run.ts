// A small correct run, for the tests of the checker, which spoil it, and the changes that spoil it.
import { check } from './checker.ts';
import { type Change, causeOf, type Evidence, type Receiver, type State } from './evidence.ts';

export const write: Receiver = { name: 'Effects.write', signal: 'happened', transactional: true, budget: 3, emits: 'further' };
export const call: Receiver = { name: 'Effects.call', signal: 'further', transactional: false, budget: 3 };
export const A = 11;
export const B = 22;

export type Mutable = { -readonly [K in keyof Evidence]: Evidence[K] extends readonly (infer T)[] ? T[] : Evidence[K] };

export const change = (deliveryId: string, from: State | undefined, to: State | undefined, rest: Partial<Change>): Change => ({
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
 * delivery 2. Delivery 3 has a poison value and dies; deliveries 4 and 5 do not exist, because they were rolled back or
 * lost.
 */
export function goodRun(): Mutable {
  return {
    receivers: [write, call],
    sent: [
      { key: 't1', emissions: 1, outcome: 'committed' },
      { key: 't2', emissions: 1, outcome: 'unknown' },
      { key: 't3', emissions: 2, outcome: 'rolled back' },
      { key: 't4', emissions: 2, outcome: 'unknown' },
    ],
    emissions: [
      { id: 'e1', signal: 'happened', key: 't1', script: 'fine' },
      { id: 'e2', signal: 'further', key: causeOf('1'), script: 'fine' },
      { id: 'e3', signal: 'happened', key: 't2', script: 'poison' },
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
    changes: [
      change('1', undefined, 'ready', {}),
      change('1', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
      change('1', 'running', 'ready', { epoch: 2, crashes: 1, heldBy: 1 }),
      change('1', 'ready', 'running', { epoch: 3, attempt: 1, crashes: 1, workerId: 2 }),
      change('1', 'running', 'completed', { epoch: 3, attempt: 1, crashes: 1, heldBy: 2 }),
      change('2', undefined, 'ready', {}),
      change('2', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
      change('2', 'running', 'completed', { epoch: 1, attempt: 1, heldBy: 1 }),
      change('3', undefined, 'ready', {}),
      change('3', 'ready', 'running', { epoch: 1, attempt: 1, workerId: 1 }),
      change('3', 'running', 'ready', { epoch: 1, attempt: 1, heldBy: 1 }),
      change('3', 'ready', 'running', { epoch: 2, attempt: 2, workerId: 2 }),
      change('3', 'running', 'ready', { epoch: 2, attempt: 2, heldBy: 2 }),
      change('3', 'ready', 'running', { epoch: 3, attempt: 3, workerId: 1 }),
      change('3', 'running', 'dead', { epoch: 3, attempt: 3, heldBy: 1 }),
    ],
    failures: [{ deliveryId: '3', epoch: 3, name: 'Error', message: 'chaos: poison', trace: '' }],
    pids: new Map([
      [1, A],
      [2, B],
    ]),
    runs: new Map(),
    misbehaviours: [],
  };
}

export const kindsOf = (run: Evidence): string[] => [...new Set(check(run).map(({ kind }) => kind))].sort();

export const without = <T>(items: T[], matches: (item: T) => boolean): T[] => items.filter((item) => !matches(item));
export const changed = <T extends object>(items: T[], matches: (item: T) => boolean, change: Partial<T>): T[] =>
  items.map((item) => (matches(item) ? { ...item, ...change } : item));
