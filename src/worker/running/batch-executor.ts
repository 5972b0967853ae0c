// Runs several claimed deliveries of one receiver in one call, and says what came of each.
//
// The race: while the receiver runs, its deliveries may be taken away. So the first statement of the transaction locks all
// that are still this claim's, and the receiver hears of no other; the last ones complete them, and note which of them the
// receiver gave up. A call that fails has failed for nobody: the deliveries run again at once, one by one, in the same claim.
import { outcomeKind } from '../../core/outcome.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Lane, Run } from '../../drivers/driver.ts';
import { apart } from '../../observe/async-context.ts';
import type { Call } from '../../receivers/invoke.ts';
import type { Hold } from '../../store/deliveries/batch.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import { Batch, type Failure, type Member } from './batch-items.ts';
import { despiteConflicts } from './conflicts.ts';
import type { Deadline, InTime } from './deadline.ts';
import { type Conflict, type Execution, outcomeOf } from './execution.ts';
import { readyToCall } from './executor.ts';
import { type ExecutorParts, inTransaction } from './receiver-transaction.ts';
import { payloadOf } from './decode.ts';

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
    const left = await this.#call(members, receiver, inTime, lane, ends);
    // Not on the lane, which the deliveries behind this batch may be waiting for.
    for (const member of left) await this.#call([member], receiver, inTime, undefined, ends);
  }

  /** Calls the receiver. Returns what is to run singly. */
  async #call(
    members: readonly Member[],
    receiver: Receiver,
    inTime: InTime,
    lane: Lane | undefined,
    ends: Ends,
  ): Promise<readonly Member[]> {
    let batch!: Batch;
    const execution = await despiteConflicts((isFirst) =>
      inTime(async (deadline) => {
        batch = new Batch(members, receiver, deadline, this.#parts.log);
        const call = await readyToCall(this.#parts, receiver, deadline);
        if (typeof call !== 'function') return call;
        const ended = receiver.transactional
          ? await this.#transactional(batch, receiver, deadline, call, isFirst ? lane : undefined)
          : await this.#detached(batch, deadline, call);
        batch.close();
        return ended;
      }),
    );
    const isHeld = new Set(batch.members);
    for (const member of members) if (!isHeld.has(member)) ends.set(member.delivery.id, { kind: 'stale' });
    if (batch.members.length > 1 && hasFailed(execution)) return batch.members;
    for (const { delivery } of batch.members) ends.set(delivery.id, endOf(batch.failureOf(delivery), execution));
    return [];
  }

  async #transactional(
    batch: Batch,
    receiver: Receiver,
    deadline: Deadline,
    call: Call,
    lane: Lane | undefined,
  ): Promise<Execution | Conflict> {
    const { store, driver } = this.#parts;
    let hold: Hold | undefined;
    return inTransaction(this.#parts, {
      receiver,
      deadline,
      lane,
      about: { deliveryIds: batch.claims.map(({ id }) => id) },
      begin: async (run, options) => {
        const held = await store.batches.hold(run, batch.claims, options);
        if (held === 'outside') return held;
        hold = held;
        batch.keep(held.ids);
        return held.ids.size > 0 ? 'held' : 'stale';
      },
      call: (tx) => call(batch.items(), Object.assign(batch.context(), { tx })),
      end: async (scope) => {
        // In a savepoint that nobody awaited, its rollback would take the ends along.
        const run: Run = async (statement, params) => scope.beside(() => driver.run(scope.client)(statement, params));
        await scope.beside(async () => batch.close());
        // The transaction itself tells of a query that failed unseen.
        if (scope.failure === undefined) await store.batches.end(run, batch, { ...hold!, pipelined: lane !== undefined });
      },
    });
  }

  async #detached(batch: Batch, deadline: Deadline, call: Call): Promise<Execution> {
    const { ambient } = this.#parts;
    try {
      deadline.start();
      await deadline.race(ambient.outside(() => apart(() => call(batch.items(), batch.context()))));
      return { kind: 'outcome', outcome: { kind: 'returned' } };
    } catch (error) {
      return outcomeOf(error);
    }
  }
}

/** What is away for the call is away for each of them. */
const hasFailed = (execution: Execution): boolean =>
  execution.kind === 'outcome' && execution.outcome.kind === 'threw' && outcomeKind(execution.outcome.error) !== 'unavailable';

/** What came of one delivery of a call. */
function endOf(failure: Failure | undefined, execution: Execution): Execution {
  if (!failure) return execution;
  if (execution.kind === 'committed') return { kind: 'settled', ...failure };
  return execution.kind === 'outcome' && execution.outcome.kind === 'returned' ? outcomeOf(failure.error) : execution;
}

/** A payload that cannot be read is the failure of its delivery, and of no other. */
async function decode(delivery: ClaimedDelivery, receiver: Receiver, ends: Ends): Promise<Member | undefined> {
  try {
    return { delivery, payload: await payloadOf(delivery, receiver) };
  } catch (error) {
    ends.set(delivery.id, outcomeOf(error));
    return undefined;
  }
}
