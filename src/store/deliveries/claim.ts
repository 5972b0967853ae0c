// A claimed delivery, and what a worker says to claim one. Types, and when two claims are the same.

/** A receiver for which a worker claims: its id in the catalogue, how many deliveries the worker may take, and up to which version. */
export interface Claimable {
  readonly receiverId: number;
  readonly free: number;
  readonly version: number;
  /** Only those that are due from then on, in seconds since 1970. From the beginning without. */
  readonly since?: number;
}

/** A delivery as it is claimed, with its emission. */
export interface ClaimedDelivery {
  /** A bigint as text. */
  readonly id: string;
  readonly emissionId: string;
  readonly receiverId: number;
  readonly version: number;
  readonly generation: number;
  readonly epoch: number;
  /** Under which it was claimed. */
  readonly workerId: number;
  readonly attempt: number;
  readonly crashes: number;
  /** It may have killed its workers: nothing else may run beside it. */
  readonly isSuspect: boolean;
  /** JSON text; null: its emission is gone. */
  readonly payload: string | null;
  /** JSON text, or null. */
  readonly headers: string | null;
  readonly emittedAt: Date;
  /** When it was due, in seconds since 1970 by the database's clock. */
  readonly runAt: number;
}

/** One claim of a delivery. */
export interface ClaimRef {
  readonly id: string;
  readonly epoch: number;
  /** The worker's id when it claimed: the lease may have another by now. */
  readonly workerId: number;
}

export const isSameClaim = (a: ClaimRef, b: ClaimRef): boolean => a.id === b.id && a.epoch === b.epoch && a.workerId === b.workerId;
