// The history of one delivery: each recorded change gets the name of its transition in the diagram of docs/concepts.md, or none
// if the diagram has no such transition. The epoch rises with each transition that takes the delivery from a worker, and never falls.
import type { Change, State } from './evidence.ts';

export type Transition =
  | 'appended'
  | 'claim'
  | 'retry'
  | 'later'
  | 'release'
  | 'rescue'
  | 'end'
  | 'give up'
  | 'make due'
  | 'cancel'
  | 'requeue';

export interface Step {
  readonly change: Change;
  /** `undefined`: not on the diagram. */
  readonly transition: Transition | undefined;
}

interface Moment {
  readonly state: State | undefined;
  readonly generation: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly crashes: number;
}

/** The number of crashes after which a delivery that ran alone is dead. */
const CRASH_BUDGET = 3;
const ABSENT: Moment = { state: undefined, generation: 0, epoch: 0, attempt: 0, crashes: 0 };
const ENDS = new Set<State | undefined>(['completed', 'dead', 'cancelled']);

/** The changes of one delivery, in order, each with its transition. */
export function stepsOf(changes: readonly Change[]): Step[] {
  let before = ABSENT;
  return changes.map((change) => {
    const transition = change.from === before.state ? transitionOf(before, change) : undefined;
    before = { ...change, state: change.to };
    return { change, transition };
  });
}

/** The history of each delivery, by its id. */
export function historiesOf(changes: readonly Change[]): Map<string, Step[]> {
  return new Map([...grouped(changes, ({ deliveryId }) => deliveryId)].map(([id, own]) => [id, stepsOf(own)]));
}

/** `Map.groupBy`, which Node 20 does not have. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function transitionOf(before: Moment, change: Change): Transition | undefined {
  const { from, to } = change;
  const rises = (key: 'epoch' | 'attempt' | 'crashes' | 'generation'): number => change[key] - before[key];
  const moves = (epoch: number, attempt: number, crashes = 0): boolean =>
    rises('epoch') === epoch && rises('attempt') === attempt && rises('crashes') === crashes && rises('generation') === 0;
  if (from === undefined && to === 'ready') return moves(0, 0) ? 'appended' : undefined;
  if (from === 'ready' && to === 'running') return moves(1, 1) && change.workerId !== undefined ? 'claim' : undefined;
  if (from === 'running' && to === 'ready') {
    if (moves(0, 0)) return 'retry';
    if (moves(0, -1)) return 'later';
    if (moves(1, -1)) return 'release';
    return moves(1, -1, 1) ? 'rescue' : undefined;
  }
  if (from === 'ready' && to === 'ready') return moves(0, 0) ? 'make due' : undefined;
  if (from === 'running' && ENDS.has(to) && moves(0, 0)) return 'end';
  if (from === 'running' && to === 'dead') return moves(1, 0, 1) && change.crashes >= CRASH_BUDGET ? 'give up' : undefined;
  // An operator did it, perhaps to a dead delivery. The outcome of a current run is void from then on.
  if (from !== 'completed' && from !== 'cancelled' && to === 'cancelled') return moves(1, 0) ? 'cancel' : undefined;
  if (ENDS.has(from) && to === 'ready')
    return rises('epoch') === 1 && change.attempt === 0 && change.crashes === 0 && rises('generation') <= 1 ? 'requeue' : undefined;
  return undefined;
}
