// Runs several claimed deliveries of one receiver in one call, and says what came of each.
//
// The race: while the receiver runs, its deliveries may be taken away. So the first statement of the transaction locks all
// that are still this claim's, and the receiver hears of no other; the last ones complete them, and note which of them the
// receiver gave up. A call that fails has failed for nobody: the deliveries run again at once, one by one, in the same claim.
import { decodePayload } from '../core/envelope.ts';
import type { Receiver } from '../core/receivers.ts';
import type { Lane, Run } from '../drivers/driver.ts';
import { invoke } from '../registry/invoke.ts';
import { endBatch, takeHold } from '../store/batches.ts';
import type { ClaimedDelivery } from '../store/store.ts';
import { Batch, type Failure, type Member } from './batch-items.ts';
import type { Deadline } from './deadline.ts';
import { type Execution, outcomeOf } from './execution.ts';
import { type ExecutorParts, inTransaction } from './receiver-transaction.ts';

/** Makes one call of the receiver within its timeout. */
export type InTime = <T>(call: (deadline: Deadline) => Promise<T>) => Promise<T>;

/** What came of each delivery, by its id. */
type Ends = Map<string, Execution>;

export class BatchExecutor {
  readonly #parts: ExecutorParts;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
  }

  /** Returns what came of each, in their order. Never rejects. */
  async execute(deliveries: readonly ClaimedDelivery[], receiver: Receiver, inTime: InTime, lane?: Lane): Promise<readonly Execution[]> {
    const ends: Ends = new Map();
    const members = (await Promise.all(deliveries.map((delivery) => decode(delivery, receiver, ends)))).filter(
      (member) => member !== undefined,
    );
    if (members.length > 0) await this.#runAll(members, receiver, inTime, lane, ends);
    return deliveries.map(({ id }) => ends.get(id)!);
  }

  async #runAll(members: readonly Member[], receiver: Receiver, inTime: InTime, lane: Lane | undefined, ends: Ends): Promise<void> {
    const left = await inTime((deadline) => this.#call(members, receiver, deadline, lane, ends));
    // Not on the lane, which the deliveries behind this batch may be waiting for.
    for (const member of left) await inTime((deadline) => this.#call([member], receiver, deadline, undefined, ends));
  }

  /** Calls the receiver. Returns what is to run singly. */
  async #call(
    members: readonly Member[],
    receiver: Receiver,
    deadline: Deadline,
    lane: Lane | undefined,
    ends: Ends,
  ): Promise<readonly Member[]> {
    const batch = new Batch(members, receiver, deadline, this.#parts.log);
    const execution = receiver.transactional
      ? await this.#transactional(batch, receiver, deadline, lane)
      : await this.#detached(batch, receiver, deadline);
    batch.close();
    const isHeld = new Set(batch.members);
    for (const member of members) if (!isHeld.has(member)) ends.set(member.delivery.id, { kind: 'stale' });
    if (batch.members.length > 1 && hasFailed(execution)) return batch.members;
    for (const { delivery } of batch.members) ends.set(delivery.id, endOf(batch.failureOf(delivery), execution));
    return [];
  }

  async #transactional(batch: Batch, receiver: Receiver, deadline: Deadline, lane: Lane | undefined): Promise<Execution> {
    const { store, driver, registry } = this.#parts;
    return inTransaction(this.#parts, {
      receiver,
      deadline,
      lane,
      about: { deliveryIds: batch.claims.map(({ id }) => id) },
      begin: async (run, options) => {
        const held = await takeHold(run, batch.claims, options);
        if (held === 'outside') return held;
        batch.keep(held);
        return held.size > 0 ? 'held' : 'stale';
      },
      call: (tx) => invoke(receiver, registry, batch.items(), Object.assign(batch.context(), { tx })),
      end: async (scope) => {
        // In a savepoint that nobody awaited, its rollback would take the ends along.
        const run: Run = async (text, params) => scope.beside(() => driver.run(scope.client)(text, params));
        await scope.beside(async () => batch.close());
        // The transaction itself tells of a query that failed unseen.
        if (scope.failure === undefined) await endBatch(store, run, batch.returned, batch.failed);
      },
    });
  }

  async #detached(batch: Batch, receiver: Receiver, deadline: Deadline): Promise<Execution> {
    const { registry, ambient } = this.#parts;
    try {
      deadline.start();
      await deadline.race(ambient.outside(() => invoke(receiver, registry, batch.items(), batch.context())));
      return { kind: 'outcome', outcome: { kind: 'returned' } };
    } catch (error) {
      return outcomeOf(error);
    }
  }
}

const hasFailed = (execution: Execution): boolean => execution.kind === 'outcome' && execution.outcome.kind === 'threw';

/** What came of one delivery of a call. */
function endOf(failure: Failure | undefined, execution: Execution): Execution {
  if (!failure) return execution;
  if (execution.kind === 'committed') return { kind: 'settled', ...failure };
  return execution.kind === 'outcome' && execution.outcome.kind === 'returned' ? outcomeOf(failure.error) : execution;
}

/** A payload that cannot be read is the failure of its delivery, and of no other. */
async function decode(delivery: ClaimedDelivery, receiver: Receiver, ends: Ends): Promise<Member | undefined> {
  try {
    return { delivery, payload: await decodePayload(receiver.signal, delivery.payload, delivery.version) };
  } catch (error) {
    ends.set(delivery.id, outcomeOf(error));
    return undefined;
  }
}
