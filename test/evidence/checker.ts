// Judges a run by the rules that hold for any run, whatever its faults. Pure: evidence in, violations out.
import {
  type Change,
  causeOf,
  type Delivery,
  type Effect,
  type Emission,
  type Evidence,
  type Script,
  ON_PURPOSE,
  OPERATED,
  type Receiver,
  type State,
} from './evidence.ts';
import { grouped, historiesOf, type Step } from './history.ts';

export const VIOLATIONS = [
  'missing',
  'duplicate',
  'wrong epoch',
  'wrong end',
  'ghost',
  'torn',
  'off the diagram',
  'over budget',
  'charged',
  'left waiting',
  'misbehaved',
  'overcounted',
  'uncounted',
] as const;
export type ViolationKind = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly text: string;
}

type Say = (kind: ViolationKind, text: string) => void;

/** The final state of a delivery of an emission, unless an operator cancels it or it is dead by crashes. */
const END: Record<Script, State> = {
  fine: 'completed',
  slow: 'completed',
  flaky: 'completed',
  later: 'completed',
  discard: 'cancelled',
  poison: 'dead',
};
const LIVE = new Set<State>(['ready', 'running']);

export function check(evidence: Evidence): Violation[] {
  const violations: Violation[] = [];
  const say: Say = (kind, text) => void violations.push({ kind, text });
  const index = indexOf(evidence);
  checkSent(evidence, index, say);
  checkDeliveries(evidence, index, say);
  checkEffects(evidence, index, say);
  checkConsequences(evidence, index, say);
  checkHistories(evidence, index, say);
  for (const { deliveryId, message, trace } of evidence.failures)
    if (!message.startsWith(ON_PURPOSE) && !message.includes(CRASHED))
      say('charged', `${index.deliveries.get(deliveryId)?.[0]?.receiver} of delivery ${deliveryId}: ${trace}`);
  for (const { who, what } of evidence.misbehaviours) say('misbehaved', `${who}: ${what}`);
  return violations;
}

/** Part of the error of a delivery that is dead by crashes. */
const CRASHED = '[CrashBudgetSpent]';
const atEpoch = ({ deliveryId, epoch }: { readonly deliveryId: string; readonly epoch: number }): string => `${deliveryId} ${epoch}`;

interface Index {
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly emissions: ReadonlyMap<string, Emission>;
  readonly byKey: ReadonlyMap<string, Emission[]>;
  readonly deliveries: ReadonlyMap<string, Delivery[]>;
  readonly effects: ReadonlyMap<string, Effect[]>;
  /** The changes that led to `completed`, one in each generation at most. */
  readonly completions: ReadonlyMap<string, Change[]>;
  /** Delivery and epoch of each cancellation by an operator. */
  readonly operated: ReadonlySet<string>;
  /** The same for each death by crashes: faults may well hit three workers that run the same delivery. */
  readonly givenUp: ReadonlySet<string>;
}

function indexOf({ receivers, emissions, deliveries, effects, changes, failures }: Evidence): Index {
  return {
    receivers: new Map(receivers.map((receiver) => [receiver.name, receiver])),
    emissions: new Map(emissions.map((emission) => [emission.id, emission])),
    byKey: grouped(emissions, ({ key }) => key),
    deliveries: grouped(deliveries, ({ id }) => id),
    effects: grouped(effects, ({ deliveryId }) => deliveryId),
    completions: grouped(
      changes.filter(({ to }) => to === 'completed'),
      ({ deliveryId }) => deliveryId,
    ),
    operated: new Set(failures.filter(({ message }) => message === OPERATED).map(atEpoch)),
    givenUp: new Set(failures.filter(({ message }) => message.includes(CRASHED)).map(atEpoch)),
  };
}

/** Committed: all of it. Rolled back: nothing. Unknown: all or nothing. */
function checkSent({ sent }: Evidence, { byKey }: Index, say: Say): void {
  for (const { key, emissions, outcome } of sent) {
    const stored = byKey.get(key)?.length ?? 0;
    if (stored > emissions) say('duplicate', `${key}: ${stored} emissions of ${emissions} are stored`);
    else if (outcome === 'rolled back' && stored > 0)
      say('ghost', `${key} was rolled back; ${stored} emissions of ${emissions} are stored`);
    else if (stored === emissions || (stored === 0 && outcome !== 'committed')) continue;
    else say(outcome === 'committed' ? 'missing' : 'torn', `${key} is ${outcome}; ${stored} emissions of ${emissions} are stored`);
  }
}

/** Each emission has one settled delivery for each receiver of its signal. */
function checkDeliveries({ receivers, emissions, deliveries, pids, runs }: Evidence, index: Index, say: Say): void {
  const found = grouped(deliveries, ({ emissionId, receiver }) => `${emissionId} ${receiver}`);
  for (const emission of emissions)
    for (const receiver of receivers.filter(({ signal }) => signal === emission.signal)) {
      const own = found.get(`${emission.id} ${receiver.name}`) ?? [];
      const about = `${receiver.name} of emission ${emission.id} (${emission.script})`;
      if (own.length === 0) say('missing', `${about} has no delivery`);
      else if (own.length > 1) say('duplicate', `${about} has ${own.length} deliveries: ${own.map(({ id }) => id).join(', ')}`);
    }
  for (const delivery of deliveries) {
    const emission = index.emissions.get(delivery.emissionId);
    if (!emission || !index.receivers.has(delivery.receiver)) {
      say('ghost', `${about(delivery)} belongs to no emission or receiver`);
      continue;
    }
    if (LIVE.has(delivery.state)) {
      const { id, workerId } = delivery;
      const holder = workerId === undefined ? 'nobody has it' : `worker ${workerId} of process ${pids.get(workerId)} has it`;
      say('left waiting', `${about(delivery)} (${emission.script}); ${holder}; ${runs.get(id) ?? 'nobody'} says to be at it`);
      continue;
    }
    const now = `${delivery.id} ${delivery.epoch}`;
    const end = index.operated.has(now) ? 'cancelled' : index.givenUp.has(now) ? 'dead' : END[emission.script];
    if (delivery.state !== end) say('wrong end', `${about(delivery)}, which should end ${end}`);
  }
}

const about = ({ id, receiver, state, epoch, attempt }: Delivery): string =>
  `delivery ${id} for ${receiver} is ${state}, epoch ${epoch}, attempt ${attempt}`;

/**
 * Completed: one effect in that generation, by the run that completed it (without a transaction: at least one).
 * Otherwise none.
 */
function checkEffects({ deliveries, effects, changes, pids }: Evidence, index: Index, say: Say): void {
  const claimers = new Map<string, number>();
  for (const { deliveryId, to, epoch, workerId } of changes)
    if (to === 'running' && workerId !== undefined) claimers.set(`${deliveryId} ${epoch}`, pids.get(workerId) ?? 0);
  for (const { deliveryId, claimedEpoch, pid } of effects) {
    if (!index.deliveries.has(deliveryId)) say('ghost', `an effect of delivery ${deliveryId}, which does not exist`);
    const claimer = claimers.get(`${deliveryId} ${claimedEpoch}`);
    if (claimer !== pid)
      say('wrong epoch', `delivery ${deliveryId}: process ${pid} ran epoch ${claimedEpoch}, which process ${claimer} had claimed`);
  }
  for (const delivery of deliveries) {
    const own = (index.effects.get(delivery.id) ?? []).filter(({ generation }) => generation === delivery.generation);
    const transactional = index.receivers.get(delivery.receiver)?.transactional ?? true;
    // Without a transaction, the effect comes before the settlement, which may not follow: the worker dies, or an
    // operator ends it.
    const now = `${delivery.id} ${delivery.epoch}`;
    const mayBeLeft = !transactional && (LIVE.has(delivery.state) || index.operated.has(now) || index.givenUp.has(now));
    if (delivery.state === 'completed') {
      if (own.length === 0) say('missing', `${about(delivery)}, without an effect`);
    } else if (own.length > 0 && !mayBeLeft) say('ghost', `${about(delivery)}, with ${own.length} effects`);
    const ends = new Map((index.completions.get(delivery.id) ?? []).map((change) => [change.generation, change.epoch]));
    const runs = grouped(index.effects.get(delivery.id) ?? [], ({ generation }) => String(generation));
    for (const generation of ends.keys())
      if (generation < delivery.generation && !runs.has(String(generation)))
        say('missing', `${about(delivery)}; it was completed in generation ${generation}, without an effect`);
    if (!transactional) continue;
    for (const [generation, effects] of runs) {
      if (effects.length > 1) say('duplicate', `${about(delivery)}, with ${effects.length} effects in generation ${generation}`);
      const end = ends.get(Number(generation));
      if (end === undefined && Number(generation) < delivery.generation)
        say('ghost', `${about(delivery)}; it was not completed in generation ${generation}, and has an effect there`);
      for (const { epoch, claimedEpoch } of effects)
        if (end !== undefined && (epoch !== end || claimedEpoch !== end))
          say(
            'wrong epoch',
            `${about(delivery)}; generation ${generation} ended in epoch ${end}, its effect saw ${epoch} and was claimed under ${claimedEpoch}`,
          );
    }
  }
}

/** An emission of a receiver in its transaction is stored once for each generation that was completed. */
function checkConsequences({ deliveries }: Evidence, { receivers, emissions, byKey, completions }: Index, say: Say): void {
  for (const delivery of deliveries) {
    const emits = receivers.get(delivery.receiver)?.emits;
    const stored = (byKey.get(causeOf(delivery.id)) ?? []).length;
    const expected = emits !== undefined && emissions.has(delivery.emissionId) ? (completions.get(delivery.id)?.length ?? 0) : 0;
    const text = `${about(delivery)}, was completed ${expected} times, and has emitted ${stored} times`;
    if (stored < expected) say('missing', text);
    if (stored > expected) say(expected === 0 ? 'ghost' : 'duplicate', text);
  }
}

/**
 * Every change is a transition of the diagram, no two claims have the same epoch, and no attempt is beyond the budget.
 */
function checkHistories({ changes, deliveries }: Evidence, index: Index, say: Say): void {
  const histories = historiesOf(changes);
  checkGivenUp(changes, histories, index, say);
  for (const [id, steps] of histories) {
    const budget = index.receivers.get(index.deliveries.get(id)?.[0]?.receiver ?? '')?.budget ?? Infinity;
    let claimed = 0;
    for (const { change, transition } of steps) {
      const text = `delivery ${id}: ${change.from ?? '-'} to ${change.to ?? '-'}, epoch ${change.epoch}, attempt ${change.attempt}, crashes ${change.crashes}`;
      if (transition === undefined) say('off the diagram', text);
      if (change.to === 'running' && change.epoch <= claimed) say('wrong epoch', `${text}; an earlier claim had epoch ${claimed}`);
      if (change.to === 'running') claimed = Math.max(claimed, change.epoch);
      if (transition === 'cancel' && !index.operated.has(`${id} ${change.epoch}`)) say('off the diagram', `${text}; no operator noted it`);
      if (change.attempt > budget) say('over budget', `${text}; the budget is ${budget}`);
    }
  }
  for (const delivery of deliveries) {
    const last = histories.get(delivery.id)?.at(-1)?.change;
    if (last?.to !== delivery.state || last.epoch !== delivery.epoch)
      say('off the diagram', `${about(delivery)}, and its last change led to ${last?.to ?? 'nothing'}, epoch ${last?.epoch}`);
    const { budget } = index.receivers.get(delivery.receiver) ?? { budget: delivery.attempt };
    if (index.givenUp.has(`${delivery.id} ${delivery.epoch}`)) continue;
    if (delivery.state === 'dead' && delivery.attempt !== budget) say('over budget', `${about(delivery)}, though its budget is ${budget}`);
  }
}

/**
 * A delivery may die by crashes only if its worker ran nothing else: then no other delivery can have killed the worker.
 */
function checkGivenUp(changes: readonly Change[], histories: ReadonlyMap<string, Step[]>, { givenUp }: Index, say: Say): void {
  const transitions = new Map([...histories.values()].flat().map(({ change, transition }) => [change, transition]));
  const held = new Map<number, Set<string>>();
  for (const change of changes) {
    const { deliveryId, heldBy, workerId } = change;
    if (heldBy !== undefined) held.get(heldBy)?.delete(deliveryId);
    if (workerId !== undefined) held.set(workerId, (held.get(workerId) ?? new Set()).add(deliveryId));
    if (transitions.get(change) !== 'give up') continue;
    const others = [...(held.get(heldBy ?? 0) ?? [])];
    if (others.length > 0) say('off the diagram', `delivery ${deliveryId} is given up; its worker also ran ${others.join(', ')}`);
    if (!givenUp.has(atEpoch(change))) say('off the diagram', `delivery ${deliveryId} is given up, and nobody noted it`);
  }
}
