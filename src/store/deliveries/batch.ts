// Locks and settles several deliveries in the transaction of their receiver.
import type { Run } from '../../drivers/driver.ts';
import { beginPart, holdBatch, takeRole, undoPart } from './batch.sql.ts';
import type { Namespace } from '../namespace.ts';
import { byId, intArray, textArray } from '../params.ts';
import type { ClaimRef } from './claim.ts';
import type { DeliveriesStore, ReleaseItem, SettleItem } from './deliveries.ts';

/** The deliveries that a transaction holds, and the session in which it ends them. */
export interface Hold {
  /** Only these may be passed to the receiver. */
  readonly ids: ReadonlySet<string>;
  /** The role of the session before the receiver was called. */
  readonly role: string;
  /** Its surroundings before the receiver was called (batch.sql.ts). */
  readonly surroundings: string;
  /** The time that any of its statements may take. */
  readonly timeoutMs: number;
}

type Session = Pick<Hold, 'role' | 'timeoutMs'>;

/** The outcomes of the deliveries of a batch. */
export interface BatchEnds {
  readonly returned: readonly ClaimRef[];
  readonly failed: readonly SettleItem[];
  readonly released: readonly ReleaseItem[];
}

export class BatchesStore {
  readonly #deliveries: DeliveriesStore;
  readonly #namespace: Namespace;

  constructor(deliveries: DeliveriesStore, namespace: Namespace) {
    this.#deliveries = deliveries;
    this.#namespace = namespace;
  }

  /** First statement of the transaction of a batch. `outside`: the transaction of a lane has not begun. */
  async hold(
    run: Run,
    claims: readonly ClaimRef[],
    { timeoutMs, inLane }: { readonly timeoutMs: number; readonly inLane: boolean },
  ): Promise<Hold | 'outside'> {
    // In the order of ids, as every statement that locks several deliveries does.
    const sorted = [...claims].sort(byId);
    const [ids, epochs] = [textArray(sorted.map(({ id }) => id)), intArray(sorted.map(({ epoch }) => epoch))];
    const workers = intArray(sorted.map(({ workerId }) => workerId));
    const [row] = await this.#namespace.on(run)(holdBatch, [ids, epochs, String(timeoutMs), String(inLane), workers]);
    if (row!.outside) return 'outside';
    return { ids: new Set(row!.ids.split(' ').filter((id) => id !== '')), role: row!.role, surroundings: row!.surroundings, timeoutMs };
  }

  /**
   * Last statements of the transaction of a batch: all of it ends, or none. They are the session's own, whatever role and
   * timeout its receiver has set; what follows at COMMIT, such as a deferred trigger, is the receiver's again.
   * @param options `pipelined`: whether the driver sends a statement before the one before it is answered
   * Returns the surroundings as the receiver has left them. @throws Error when one is not held any more
   */
  async end(run: Run, ends: BatchEnds, { role, timeoutMs, pipelined }: Session & { readonly pipelined: boolean }): Promise<string> {
    const take = async (wanted: string): Promise<{ before: string; surroundings: string }> =>
      (await this.#namespace.on(run)(takeRole, [wanted, String(timeoutMs)]))[0]!;
    const taking = take(role);
    const [{ before, surroundings }] = await Promise.all(pipelined ? [taking, this.#write(run, ends)] : [taking]);
    if (!pipelined) await this.#write(run, ends);
    if (before !== role) await take(before);
    return surroundings;
  }

  /** Begins the part of a delivery in a shared transaction. */
  async beginPart(run: Run): Promise<void> {
    await run(beginPart, []);
  }

  /** Undoes the part that was begun last; it is another one's from now on. */
  async undoPart(run: Run): Promise<void> {
    await run(undoPart, []);
  }

  async #write(run: Run, { returned: completed, failed, released }: BatchEnds): Promise<void> {
    const recorded = completed.length > 0 ? await this.#deliveries.complete(completed, run) : new Set<string>();
    const noted = failed.length > 0 ? await this.#deliveries.settle(failed, run) : new Set<string>();
    const given = released.length > 0 ? await this.#deliveries.release(released, run) : new Set<string>();
    if (recorded.size < completed.length || noted.size < failed.length || given.size < released.length)
      throw new Error('A delivery of this batch was taken from its transaction. Has the receiver changed the tables of Signalbox?');
  }
}
