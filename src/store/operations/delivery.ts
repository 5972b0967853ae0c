// A delivery as it is read: the types that code and command line see, and how rows become them.
import type { DeliveryState } from '../../core/delivery.ts';

/** One failed run. */
export interface DeliveryFailure {
  /** Which attempt it was, from 1. */
  readonly attempt: number;
  /** When it was recorded, by the database's clock. */
  readonly at: Date;
  /** `name` of the error, 200 characters at most; `Thrown` for what was no error. */
  readonly name: string;
  /** 4,000 characters at most. */
  readonly message: string;
  /** The nearest code of the error and of its causes, if one has any: of Signalbox, of the database (SQLSTATE), of the system, of a library. */
  readonly code: string | undefined;
}

/** A delivery as an operator sees it: without its payload. */
export interface Delivery {
  /** A bigint as text. */
  readonly id: string;
  /** A UUID, as `emissionId` of the receipt. */
  readonly emissionId: string;
  /** Name of the signal. */
  readonly signal: string;
  /** The stored name of the receiver; `#` and its number if the catalogue has lost it. */
  readonly receiver: string;
  /** Where it is in its life. */
  readonly state: DeliveryState;
  /** Version of the payload's shape. */
  readonly version: number;
  /** How often it was replayed. */
  readonly generation: number;
  /** The fence: raised by every act that takes the delivery from the run that has it. */
  readonly epoch: number;
  /** Runs that count against the retry budget. */
  readonly attempt: number;
  /** How often it was rescued from a dead worker. */
  readonly crashes: number;
  /** By the database's clock; `undefined` if its emission was deleted. */
  readonly emittedAt: Date | undefined;
  /** When it is or was due; `undefined` once it is finished. */
  readonly runAt: Date | undefined;
  /** When it was settled; `undefined` while it is live. */
  readonly finishedAt: Date | undefined;
  /** The latest, oldest first: 5, or 100 where one delivery is read by itself. Of a cancelled one, the last is the reason. */
  readonly errors: readonly DeliveryFailure[];
  /** Whether there are errors from before these. */
  readonly moreErrors: boolean;
}

/** Which deliveries: all of an emission, or that of one receiver. */
export interface DeliveryAddress {
  /** A UUID, as `emissionId` of the receipt. */
  readonly emissionId: string;
  /** The stored name. Default: all receivers. */
  readonly receiver?: string;
}

/** The columns of `fieldsOf` (delivery.sql.ts). */
export interface DeliveryRow {
  readonly id: string;
  readonly emission_id: string;
  readonly signal: string;
  readonly receiver: string;
  readonly state: string;
  readonly version: number;
  readonly generation: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly crashes: number;
  readonly run_at_ms: number | null;
  readonly finished_at_ms: number | null;
  readonly emitted_at_ms: number | null;
  readonly errors: string | null;
}

export const dateOf = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms));

/** @param mostErrors how many errors it has at most; the row has one more if there are more */
export function deliveryOf(row: DeliveryRow, mostErrors: number): Delivery {
  const errors = errorsOf<DeliveryFailure>(row.errors);
  return {
    id: row.id,
    emissionId: row.emission_id,
    signal: row.signal,
    receiver: row.receiver,
    state: row.state as DeliveryState,
    version: row.version,
    generation: row.generation,
    epoch: row.epoch,
    attempt: row.attempt,
    crashes: row.crashes,
    emittedAt: dateOf(row.emitted_at_ms),
    runAt: dateOf(row.run_at_ms),
    finishedAt: dateOf(row.finished_at_ms),
    errors: errors.slice(-mostErrors),
    moreErrors: errors.length > mostErrors,
  };
}

/** The errors of a row, whose times are numbers and whose absent parts are null. */
function errorsOf<F extends DeliveryFailure>(json: string | null): F[] {
  const rows = (json === null ? [] : JSON.parse(json)) as (Record<string, unknown> & { readonly at: number })[];
  return rows.map(
    ({ at, ...rest }) =>
      ({
        ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value ?? undefined])),
        at: new Date(at),
      }) as unknown as F,
  );
}
