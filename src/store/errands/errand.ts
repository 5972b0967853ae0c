// An errand as the store has it: a long act of an operator on many deliveries, with a cursor. Types; what its stages are is decided by
// operate/errands/stages.ts.
import type { DeliveryQuery } from '../operations/filter.ts';

/** What an errand does. `move` and `retire` are begun by `box.receivers`. */
export type ErrandAct = 'retry' | 'replay' | 'cancel' | 'move' | 'retire';

/**
 * `running`: workers do it, or a call of `work`. `paused`: until it is resumed. `stopped`: ended by an operator, for good. `done`: it has
 * passed all that it is about.
 */
export type ErrandState = 'running' | 'paused' | 'stopped' | 'done';

/** How an errand acts, as it is stored. */
export interface ErrandOptions {
  /** Its entry in the audit, a bigint as text. */
  readonly audit: string;
  /** Spreads the times at which deliveries are due over so many ms from its beginning. */
  readonly overMs?: number;
  /** How much is added to the generation of what it brings back. */
  readonly generations?: 0 | 1;
  /** At most so many replayed deliveries of a receiver are live when it adds one. */
  readonly most?: number;
  /** The error that is noted with what it cancels, without its stack. */
  readonly error?: { readonly name: string; readonly message: string };
  /** For each id that deliveries of the receiver carry, that of the receiver to which they go. */
  readonly to?: Readonly<Record<string, number>>;
  /** The name of the receiver to which deliveries go. */
  readonly toName?: string;
  /** Not done before all transactions have ended that had not when it was begun: a bigint as text. */
  readonly horizon?: string;
}

/** Where an errand is. Only its own statements make one. */
export interface ErrandCursor {
  /** Index of the stage. */
  readonly stage: number;
  /** How often it has gone through the stage, from 1. */
  readonly pass: number;
  /** Deliveries that this pass has left, for they were held. */
  readonly left: number;
  /** The last row that was passed: its time in microseconds, its emission, the id of its receiver. */
  readonly at: readonly [timeUs: string, emissionId: string, receiverId: number];
}

/** A long act of an operator. */
export interface Errand {
  /** UUID (version 7). */
  readonly id: string;
  readonly act: ErrandAct;
  /** Which deliveries, without a payload's value. */
  readonly filter: DeliveryQuery;
  /** Of a `move`, the receiver to which deliveries go. */
  readonly to: string | undefined;
  readonly state: ErrandState;
  /** Deliveries that it has changed. */
  readonly done: number;
  /** Deliveries that matched and were changed by others before it came to them. */
  readonly skipped: number;
  /** The operator. */
  readonly by: string;
  readonly createdAt: Date;
  /** When it last came on, or its state changed. */
  readonly updatedAt: Date;
  /** When it was done or stopped. */
  readonly finishedAt: Date | undefined;
}

/** The same with what is needed to go on with it. */
export interface OwnErrand extends Errand {
  readonly options: ErrandOptions;
  readonly cursor: ErrandCursor | undefined;
}

/** One batch of an errand. */
export interface ErrandBatch {
  /** Deliveries that it changed. */
  readonly changed: number;
  /** The errand must wait before its next batch: for room, or for deliveries that are held. */
  readonly waits: boolean;
  /** The errand after the batch. */
  readonly state: ErrandState;
  readonly done: number;
  readonly skipped: number;
}
