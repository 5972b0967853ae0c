// Judges a run: what must hold of any run, whatever faults it had. Pure: evidence in, violations out.
import {
  causeOf,
  type Delivery,
  type Effect,
  type Emission,
  type Evidence,
  type Fate,
  ON_PURPOSE,
  type Receiver,
  type State,
} from './evidence.ts';
import { grouped, livesOf } from './life.ts';

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
] as const;
export type ViolationKind = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly text: string;
}

type Say = (kind: ViolationKind, text: string) => void;

/** How a delivery of an emission ends, whatever happens on the way. */
const END: Record<Fate, State> = {
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
  checkLives(evidence, index, say);
  for (const { deliveryId, message, trace } of evidence.failures)
    if (!message.startsWith(ON_PURPOSE))
      say('charged', `${index.deliveries.get(deliveryId)?.[0]?.receiver} of delivery ${deliveryId}: ${trace}`);
  for (const { who, what } of evidence.misbehaviours) say('misbehaved', `${who}: ${what}`);
  return violations;
}

interface Index {
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly emissions: ReadonlyMap<string, Emission>;
  readonly byKey: ReadonlyMap<string, Emission[]>;
  readonly deliveries: ReadonlyMap<string, Delivery[]>;
  readonly effects: ReadonlyMap<string, Effect[]>;
}

function indexOf({ receivers, emissions, deliveries, effects }: Evidence): Index {
  return {
    receivers: new Map(receivers.map((receiver) => [receiver.name, receiver])),
    emissions: new Map(emissions.map((emission) => [emission.id, emission])),
    byKey: grouped(emissions, ({ key }) => key),
    deliveries: grouped(deliveries, ({ id }) => id),
    effects: grouped(effects, ({ deliveryId }) => deliveryId),
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

/** Each emission has one delivery for each receiver of its signal, which has come to its end. */
function checkDeliveries({ receivers, emissions, deliveries, pids, runs }: Evidence, index: Index, say: Say): void {
  const found = grouped(deliveries, ({ emissionId, receiver }) => `${emissionId} ${receiver}`);
  for (const emission of emissions)
    for (const receiver of receivers.filter(({ signal }) => signal === emission.signal)) {
      const own = found.get(`${emission.id} ${receiver.name}`) ?? [];
      const about = `${receiver.name} of emission ${emission.id} (${emission.fate})`;
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
      say('left waiting', `${about(delivery)} (${emission.fate}); ${holder}; ${runs.get(id) ?? 'nobody'} says to be at it`);
    } else if (delivery.state !== END[emission.fate]) say('wrong end', `${about(delivery)}, which should end ${END[emission.fate]}`);
  }
}

const about = ({ id, receiver, state, epoch, attempt }: Delivery): string =>
  `delivery ${id} for ${receiver} is ${state}, epoch ${epoch}, attempt ${attempt}`;

/** Completed: one effect, of the very run that completed it (without a transaction: at least one). Otherwise none. */
function checkEffects({ deliveries, effects, acts, pids }: Evidence, index: Index, say: Say): void {
  const claimers = new Map<string, number>();
  for (const { deliveryId, to, epoch, workerId } of acts)
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
    if (delivery.state === 'completed') {
      if (own.length === 0) say('missing', `${about(delivery)}, without an effect`);
    } else if (own.length > 0 && !(LIVE.has(delivery.state) && !transactional)) {
      say('ghost', `${about(delivery)}, with ${own.length} effects`);
    }
    if (!transactional) continue;
    const runs = grouped(index.effects.get(delivery.id) ?? [], ({ generation }) => String(generation));
    for (const [generation, { length }] of runs)
      if (length > 1) say('duplicate', `${about(delivery)}, with ${length} effects in generation ${generation}`);
    for (const { epoch, claimedEpoch } of own)
      if (epoch !== delivery.epoch || claimedEpoch !== delivery.epoch)
        say('wrong epoch', `${about(delivery)}; its effect saw epoch ${epoch} and was claimed under ${claimedEpoch}`);
  }
}

/** What a receiver emits in its transaction is there exactly if the delivery is completed. */
function checkConsequences({ deliveries }: Evidence, { receivers, emissions, byKey }: Index, say: Say): void {
  for (const delivery of deliveries) {
    const emits = receivers.get(delivery.receiver)?.emits;
    const stored = (byKey.get(causeOf(delivery.id)) ?? []).length;
    const expected = emits !== undefined && delivery.state === 'completed' && emissions.has(delivery.emissionId) ? 1 : 0;
    if (stored < expected) say('missing', `${about(delivery)}, and has emitted nothing`);
    if (stored > expected) say(expected === 0 ? 'ghost' : 'duplicate', `${about(delivery)}, and has emitted ${stored} times`);
  }
}

/** Every act is an arrow of the diagram, no claim has an epoch that another had, and no attempt is beyond the budget. */
function checkLives({ acts, deliveries }: Evidence, index: Index, say: Say): void {
  const lives = livesOf(acts);
  for (const [id, steps] of lives) {
    const budget = index.receivers.get(index.deliveries.get(id)?.[0]?.receiver ?? '')?.budget ?? Infinity;
    let claimed = 0;
    for (const { act, arrow } of steps) {
      const text = `delivery ${id}: ${act.from ?? '-'} to ${act.to ?? '-'}, epoch ${act.epoch}, attempt ${act.attempt}, crashes ${act.crashes}`;
      if (arrow === undefined) say('off the diagram', text);
      if (act.to === 'running' && act.epoch <= claimed) say('wrong epoch', `${text}; an earlier claim had epoch ${claimed}`);
      if (act.to === 'running') claimed = Math.max(claimed, act.epoch);
      if (act.attempt > budget) say('over budget', `${text}; the budget is ${budget}`);
    }
  }
  for (const delivery of deliveries) {
    const last = lives.get(delivery.id)?.at(-1)?.act;
    if (last?.to !== delivery.state || last.epoch !== delivery.epoch)
      say('off the diagram', `${about(delivery)}, and its last act led to ${last?.to ?? 'nothing'}, epoch ${last?.epoch}`);
    const { budget } = index.receivers.get(delivery.receiver) ?? { budget: delivery.attempt };
    if (delivery.state === 'dead' && delivery.attempt !== budget) say('over budget', `${about(delivery)}, though its budget is ${budget}`);
  }
}
