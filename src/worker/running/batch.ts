// A call of a receiver for several deliveries.
//
// The race: while the receiver runs, its deliveries may be reclaimed. So the first statement of the transaction locks all that
// are still this claim's, and the receiver is handed no other; the last statements complete them, and note which of them the
// receiver gave up. If the call throws, no delivery has failed yet: they run again at once, one by one, in the same claim.
import { outcomeKind } from '../../core/outcome.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Driver, Lane, Run as Send } from '../../drivers/driver.ts';
import type { Hold } from '../../store/deliveries/batch.ts';
import type { Store } from '../../store/store.ts';
import type { TransactionScope } from '../../transaction/scope.ts';
import { Batch, type Failure } from './batch-items.ts';
import type { Deadline } from './deadline.ts';
import { type Execution, outcomeOf } from './execution.ts';
import type { Performer } from './perform.ts';
import type { ReceiverCall } from './receiver-call.ts';
import type { Member, Run } from './run.ts';

interface BatchParts {
  readonly store: Store;
  readonly driver: Driver;
}

/** Begins, calls and ends a run of several deliveries, for those that could be read. Never rejects. */
export async function performBatch(performer: Performer, parts: BatchParts, readable: readonly Member[], run: Run): Promise<void> {
  const left = await performOnce(performer, parts, run.receiver, readable, run.lane);
  // Not on the lane, which the deliveries behind this batch may be waiting for.
  for (const member of left) await performOnce(performer, parts, run.receiver, [member], undefined);
}

/** Calls the receiver. Returns the members that are to run one by one. */
async function performOnce(
  performer: Performer,
  parts: BatchParts,
  receiver: Receiver,
  members: readonly Member[],
  lane: Lane | undefined,
): Promise<readonly Member[]> {
  let batch!: Batch;
  const callFor = (deadline: Deadline): ReceiverCall => {
    batch = new Batch(members, receiver, deadline, performer.log);
    return new BatchCall(parts, batch, receiver);
  };
  const execution = await performer.perform(callFor, receiver, lane);
  const isHeld = new Set(batch.members);
  for (const member of members) if (!isHeld.has(member)) member.execution = { kind: 'stale' };
  if (batch.members.length > 1 && hasFailed(execution)) return batch.members;
  for (const member of batch.members) member.execution = executionOf(batch.failureOf(member.delivery), execution);
  return [];
}

class BatchCall implements ReceiverCall {
  readonly receiver: Receiver;
  readonly #parts: BatchParts;
  readonly #batch: Batch;
  #hold: Hold | undefined;
  #pipelined = false;

  constructor(parts: BatchParts, batch: Batch, receiver: Receiver) {
    this.receiver = receiver;
    this.#parts = parts;
    this.#batch = batch;
  }

  about(): object {
    return { deliveryIds: this.#batch.claims.map(({ id }) => id) };
  }

  async begin(send: Send, options: { readonly timeoutMs: number; readonly inLane: boolean }): Promise<'held' | 'stale' | 'outside'> {
    const held = await this.#parts.store.batches.hold(send, this.#batch.claims, options);
    if (held === 'outside') return held;
    this.#hold = held;
    this.#pipelined = options.inLane;
    this.#batch.keep(held.ids);
    return held.ids.size > 0 ? 'held' : 'stale';
  }

  payload(): unknown {
    return this.#batch.items();
  }

  context(): object {
    return this.#batch.context();
  }

  async end(scope: TransactionScope): Promise<void> {
    const { store, driver } = this.#parts;
    // In a floating savepoint, its rollback would undo these writes, too.
    const send: Send = async (statement, params) => scope.beside(() => driver.run(scope.client)(statement, params));
    await scope.beside(async () => this.close());
    // The transaction itself reports a query that failed unseen.
    if (scope.failure === undefined) await store.batches.end(send, this.#batch, { ...this.#hold!, pipelined: this.#pipelined });
  }

  close(): void {
    this.#batch.close();
  }
}

/** If the service that the receiver calls is away, it is away for each delivery: none runs alone then. */
const hasFailed = (execution: Execution): boolean =>
  execution.kind === 'outcome' && execution.outcome.kind === 'threw' && outcomeKind(execution.outcome.error) !== 'unavailable';

/** The execution of one delivery of a call. */
function executionOf(failure: Failure | undefined, execution: Execution): Execution {
  if (!failure) return execution;
  if (execution.kind === 'committed') return { kind: 'settled', ...failure };
  return execution.kind === 'outcome' && execution.outcome.kind === 'returned' ? outcomeOf(failure.error) : execution;
}
