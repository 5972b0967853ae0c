// Plans the faults and their times: a list that the seed determines. inject.ts injects them.
import { seededRandom } from './random.ts';

/** Every kind, with its weight in the draw. */
const WEIGHTS = {
  /** SIGKILL to a worker or a sender. */
  kill: 3,
  /** SIGSTOP to a worker or a sender until its lease is well over, then SIGCONT. */
  freeze: 2,
  /** The same to a worker, between its next claim and the first statement of the receiver's transaction. */
  stall: 2,
  /** SIGTERM to a worker. */
  terminate: 1,
  /** pg_terminate_backend on sessions of the fleet. */
  backend: 3,
  /** Connections are cut by the proxy. */
  cut: 2,
  /** A COMMIT takes effect, its answer is dropped, and the connection is cut. */
  commit: 3,
  /** The same for a statement outside of a transaction: a claim, a settlement, a renewal. */
  answer: 3,
  /** All connections of a worker are taken for a second. */
  exhaust: 1,
  /** PostgreSQL is killed, and started again. */
  postgres: 0.7,
  /** The pooler is killed, and started again. */
  pooler: 1,
  /** Notifications are withheld for a while. */
  notify: 1,
  /** No fault: an operator retries, cancels or replays a delivery. */
  operate: 4,
} as const;

export type FaultKind = keyof typeof WEIGHTS;
export const FAULT_KINDS = Object.keys(WEIGHTS) as FaultKind[];

export interface Fault {
  /** Milliseconds from the start of the faults. */
  readonly at: number;
  readonly kind: FaultKind;
  /** From 0, below 1: selects the target among the possible ones. */
  readonly target: number;
  /** From 0, below 1: the strength or the duration, for kinds that have one. */
  readonly force: number;
}

const SHORTEST_GAP_MS = 150;
const LONGEST_GAP_MS = 1_200;

export function planFaults(seed: number, durationMs: number, kinds: readonly FaultKind[] = FAULT_KINDS): Fault[] {
  const random = seededRandom(seed);
  const weighted = kinds.map((kind) => [kind, WEIGHTS[kind]] as const);
  const faults: Fault[] = [];
  for (let at = random.whole(SHORTEST_GAP_MS, LONGEST_GAP_MS); at < durationMs; at += random.whole(SHORTEST_GAP_MS, LONGEST_GAP_MS))
    faults.push({ at, kind: random.pick(weighted), target: random.next(), force: random.next() });
  return faults;
}
