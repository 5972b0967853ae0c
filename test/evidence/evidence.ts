// The input of the checker: the rows at the end of a run, and the reports of the processes. Types only.

/** The behaviour of the receivers for an emission; programs/receivers.ts explains each. */
export const SCRIPTS = ['fine', 'slow', 'flaky', 'later', 'discard', 'poison'] as const;
export type Script = (typeof SCRIPTS)[number];

export type State = 'ready' | 'running' | 'completed' | 'dead' | 'cancelled';

/**
 * One transaction of a sender, by its own log. `unknown`: the sender was killed, or the answer to its COMMIT was lost.
 */
export interface Sent {
  readonly key: string;
  readonly emissions: number;
  readonly outcome: 'committed' | 'rolled back' | 'unknown';
}

export interface Emission {
  readonly id: string;
  readonly signal: string;
  /** Of the sender's transaction, or of the delivery whose receiver emitted it. */
  readonly key: string;
  readonly script: Script;
}

export interface Receiver {
  readonly name: string;
  readonly signal: string;
  readonly transactional: boolean;
  /** Attempts of its retry policy. */
  readonly budget: number;
  /** The signal that it emits once in each run, under the key of {@link causeOf}. */
  readonly emits?: string;
}

export interface Delivery {
  readonly id: string;
  readonly emissionId: string;
  readonly receiver: string;
  readonly generation: number;
  readonly state: State;
  readonly epoch: number;
  readonly attempt: number;
  /** The worker that holds it, if one does. */
  readonly workerId: number | undefined;
}

/** The trace of one run of a receiver: one row, in its own transaction. */
export interface Effect {
  readonly deliveryId: string;
  readonly generation: number;
  /** The epoch of the completion in the receiver's transaction; `null` for a receiver without one. */
  readonly epoch: number | null;
  /** Of the claim that led to this run, by the process that ran it. */
  readonly claimedEpoch: number;
  readonly pid: number;
}

/** One change of a row, as a trigger recorded it; `undefined` for "not there". In the order in which they happened. */
export interface Change {
  readonly deliveryId: string;
  readonly from: State | undefined;
  readonly to: State | undefined;
  readonly generation: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly crashes: number;
  /** The worker that held it before, and the one that holds it now. */
  readonly heldBy: number | undefined;
  readonly workerId: number | undefined;
  /** Milliseconds of the epoch. */
  readonly at: number;
}

export interface Failure {
  readonly deliveryId: string;
  readonly epoch: number;
  readonly name: string;
  readonly message: string;
  /** Its stack, and those of its causes. */
  readonly trace: string;
}

/** Forbidden behaviour of a process: it crashed, or did not end. */
export interface Misbehaviour {
  readonly who: string;
  readonly what: string;
}

export interface Evidence {
  readonly receivers: readonly Receiver[];
  readonly sent: readonly Sent[];
  readonly emissions: readonly Emission[];
  readonly deliveries: readonly Delivery[];
  readonly effects: readonly Effect[];
  readonly changes: readonly Change[];
  readonly failures: readonly Failure[];
  /** The process of each worker that ever enrolled. */
  readonly pids: ReadonlyMap<number, number>;
  /** The process that reported at the end that it was running this delivery. */
  readonly runs: ReadonlyMap<string, string>;
  readonly misbehaviours: readonly Misbehaviour[];
}

/** The key of the emission by the receiver of a delivery. */
export const causeOf = (deliveryId: string): string => `delivery ${deliveryId}`;

/** The beginning of each error that a receiver throws on purpose: any other error was charged although the receiver did not cause it. */
export const ON_PURPOSE = 'chaos:';

/** The reason with which an operator cancels. */
export const OPERATED = `${ON_PURPOSE} an operator`;
