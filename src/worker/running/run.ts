// One run as a value: claimed deliveries of one receiver on their way to their written outcome. The runner carries it through
// the steps decode, begin, call, end, settle and tell; each step reads what the ones before it have found out.
import type { Receiver } from '../../core/receivers.ts';
import type { Lane } from '../../drivers/driver.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { Execution } from './execution.ts';

/** One delivery of a run. */
export interface Member {
  readonly delivery: ClaimedDelivery;
  /** Decoded. */
  payload: unknown;
  /** The result of its run. A member that has a result takes no further part in the steps up to the call. */
  execution: Execution | undefined;
  /** In a shared transaction, when its own part of it began, by `performance.now`, and how long that took. */
  startedAt?: number;
  durationMs?: number;
  /** The async context in which its start was told, to which a listener may have added: it runs there again. */
  inContext?: ((work: () => unknown) => unknown) | undefined;
}

export interface Run {
  readonly receiver: Receiver;
  /** One; several of a receiver that takes batches, or whose deliveries share a transaction. */
  readonly members: readonly Member[];
  /** The lane on which its transaction is opened, if the driver has lanes. */
  readonly lane: Lane | undefined;
}

export const runOf = (deliveries: readonly ClaimedDelivery[], receiver: Receiver, lane: Lane | undefined): Run => ({
  receiver,
  members: deliveries.map((delivery) => ({ delivery, payload: undefined, execution: undefined })),
  lane,
});
