// What an errand does, stage by stage: each stage walks through one table, and goes through the next when it has passed all. Pure.
import type { DeliveryState } from '../../core/delivery.ts';
import type { ErrandAct, ErrandCursor, OwnErrand } from '../../store/errands/errand.ts';
import type { BatchPlan, Stage } from '../../store/errands/errands-store.ts';

/** The states that each act can change, and those that it changes where the filter names none. */
export const STATES_OF: Readonly<Record<ErrandAct, { readonly can: readonly DeliveryState[]; readonly by: readonly DeliveryState[] }>> = {
  retry: { can: ['ready', 'dead', 'cancelled'], by: ['dead'] },
  replay: { can: ['completed', 'dead', 'cancelled'], by: ['completed'] },
  cancel: { can: ['ready', 'running', 'dead'], by: ['ready', 'running'] },
  move: { can: ['ready', 'running', 'dead'], by: ['ready', 'running', 'dead'] },
  retire: { can: ['ready', 'running'], by: ['ready', 'running'] },
};

/** The stages of an act on deliveries of these states, in their order. */
function stagesOf(act: ErrandAct, states: readonly DeliveryState[]): readonly Stage[] {
  const has = (...wanted: readonly DeliveryState[]): boolean => states.some((state) => wanted.includes(state));
  const live = has('ready', 'running');
  switch (act) {
    case 'retry':
      return [...(has('dead', 'cancelled') ? (['requeueUnfinished'] as const) : []), ...(has('ready') ? (['makeDue'] as const) : [])];
    case 'replay':
      // The partial index of unfinished rows is small; the primary key has the completed ones, too.
      return [has('completed') ? 'requeueSettled' : 'requeueUnfinished'];
    case 'cancel':
    case 'retire':
      return [...(live ? (['cancelLive'] as const) : []), ...(has('dead') ? (['cancelDead'] as const) : [])];
    case 'move':
      return [...(live ? (['moveLive'] as const) : []), ...(has('dead') ? (['moveDead'] as const) : [])];
    default:
      return act satisfies never;
  }
}

/** A receiver that runs holds its delivery: such a stage goes through the live rows again until it has left none. */
const HAS_PASSES: ReadonlySet<Stage> = new Set(['cancelLive', 'moveLive']);

/** Before the first row of any walk. */
const START = ['0', '00000000-0000-0000-0000-000000000000', 0] as const;

const startOf = (stage: number, pass = 1): ErrandCursor => ({ stage, pass, left: 0, at: START });

/** The cursor of an errand that begins. */
export const FIRST_CURSOR = startOf(0);

/** The next batch of an errand that has not ended. */
export function planOf({ act, filter, cursor = FIRST_CURSOR }: Pick<OwnErrand, 'act' | 'filter' | 'cursor'>): BatchPlan {
  const stages = stagesOf(act, filter.states);
  const stage = stages[cursor.stage]!;
  return {
    stage,
    cursor,
    next: cursor.stage + 1 < stages.length ? startOf(cursor.stage + 1) : undefined,
    again: HAS_PASSES.has(stage) ? startOf(cursor.stage, cursor.pass + 1) : undefined,
  };
}
