// The life of one delivery: each recorded act is given its name from the diagram in docs/concepts.md, or none if the diagram
// has no such arrow. Epochs rise with each arrow that takes the delivery away from somebody, and never fall.
import type { Act, State } from './evidence.ts';

export type Arrow = 'born' | 'claim' | 'retry' | 'later' | 'release' | 'rescue' | 'end' | 'give up' | 'hurry' | 'cancel' | 'revive';

export interface Step {
  readonly act: Act;
  /** `undefined`: not on the diagram. */
  readonly arrow: Arrow | undefined;
}

interface Moment {
  readonly state: State | undefined;
  readonly generation: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly crashes: number;
}

/** With so many a delivery is given up, if it ran alone. */
const CRASH_BUDGET = 3;
const UNBORN: Moment = { state: undefined, generation: 0, epoch: 0, attempt: 0, crashes: 0 };
const ENDS = new Set<State | undefined>(['completed', 'dead', 'cancelled']);

/** The acts of one delivery, in order, each with its arrow. */
export function stepsOf(acts: readonly Act[]): Step[] {
  let before = UNBORN;
  return acts.map((act) => {
    const arrow = act.from === before.state ? arrowOf(before, act) : undefined;
    before = { ...act, state: act.to };
    return { act, arrow };
  });
}

/** The life of each delivery, by its id. */
export function livesOf(acts: readonly Act[]): Map<string, Step[]> {
  return new Map([...grouped(acts, ({ deliveryId }) => deliveryId)].map(([id, own]) => [id, stepsOf(own)]));
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

function arrowOf(before: Moment, act: Act): Arrow | undefined {
  const { from, to } = act;
  const rises = (key: 'epoch' | 'attempt' | 'crashes' | 'generation'): number => act[key] - before[key];
  const moves = (epoch: number, attempt: number, crashes = 0): boolean =>
    rises('epoch') === epoch && rises('attempt') === attempt && rises('crashes') === crashes && rises('generation') === 0;
  if (from === undefined && to === 'ready') return moves(0, 0) ? 'born' : undefined;
  if (from === 'ready' && to === 'running') return moves(1, 1) && act.workerId !== undefined ? 'claim' : undefined;
  if (from === 'running' && to === 'ready') {
    if (moves(0, 0)) return 'retry';
    if (moves(0, -1)) return 'later';
    if (moves(1, -1)) return 'release';
    return moves(1, -1, 1) ? 'rescue' : undefined;
  }
  if (from === 'ready' && to === 'ready') return moves(0, 0) ? 'hurry' : undefined;
  if (from === 'running' && ENDS.has(to) && moves(0, 0)) return 'end';
  if (from === 'running' && to === 'dead') return moves(1, 0, 1) && act.crashes >= CRASH_BUDGET ? 'give up' : undefined;
  // By an operator, who lays to rest what is dead, too. Whoever runs it is late from then on.
  if (from !== 'completed' && from !== 'cancelled' && to === 'cancelled') return moves(1, 0) ? 'cancel' : undefined;
  if (ENDS.has(from) && to === 'ready')
    return rises('epoch') === 1 && act.attempt === 0 && act.crashes === 0 && rises('generation') <= 1 ? 'revive' : undefined;
  return undefined;
}
